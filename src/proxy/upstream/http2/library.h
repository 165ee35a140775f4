#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "proxy/upstream/http2/request_fields.h"
#include "proxy/upstream/http2/stream.h"
#include "proxy/upstream/origin_context.h"
#include "server/http2/memory.h"

namespace mex::proxy::upstream::http2 {

class Session;

// What all connections of a shard to origins over HTTP/2 share: nghttp2's options and callbacks,
// the memory that it works in, and the streams. There as long as one of them is. Shard thread only.
class Library {
 public:
  explicit Library(OriginContext& context);
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library();

  // Null if there is no memory for it. The caller ends it by nghttp2_session_del.
  nghttp2_session* create_session(Session& session);

  std::unique_ptr<Stream> take_stream();
  void give_back(std::unique_ptr<Stream> stream) { streams_.push_back(std::move(stream)); }

  base::SteadyTime now() const { return context_.loop.now(); }
  // For one request at a time: filling them anew costs less than clearing them.
  RequestFields& fields() { return fields_; }

 private:
  OriginContext& context_;
  server::http2::Memory memory_;
  std::vector<std::unique_ptr<Stream>> streams_;
  RequestFields fields_;
  nghttp2_session_callbacks* callbacks_ = nullptr;
  nghttp2_option* option_ = nullptr;
};

// The shard's, made when it is needed first.
std::shared_ptr<Library> library_of(OriginContext& context);

}  // namespace mex::proxy::upstream::http2
