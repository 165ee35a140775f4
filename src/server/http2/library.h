#pragma once

#include <nghttp2/nghttp2.h>

#include "server/connection_context.h"
#include "server/http2/memory.h"
#include "server/http2/stream.h"

namespace mex::server::http2 {

class Session;

// What all HTTP/2 connections of a server share: nghttp2's options and callbacks, the memory that
// it works in, and the streams. Outlives the sessions. Shard thread only.
class Library {
 public:
  explicit Library(ConnectionContext& context);
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library();

  // Null if there is no memory for it. The caller ends it by nghttp2_session_del.
  nghttp2_session* create_session(Session& session);
  StreamPool& streams() { return streams_; }

 private:
  Memory memory_;
  StreamPool streams_;
  nghttp2_session_callbacks* callbacks_ = nullptr;
  nghttp2_option* option_ = nullptr;
};

}  // namespace mex::server::http2
