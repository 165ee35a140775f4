#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "http/header_list.h"
#include "proxy/route/header_changes.h"

namespace mex::proxy::upstream::http2 {

// A request's head as nghttp2 takes it, made of the HTTP/1.1 head that says the same
// (write_origin_request): so an origin gets the same fields, whichever protocol it speaks. What
// belongs to HTTP/1.1 alone ends here (RFC 9113 section 8.2.2). Views of the head. Shard thread
// only.
class RequestFields {
 public:
  // False if it is no such head, or has too many fields.
  bool read(std::string_view head, bool is_tls, bool accepts_trailers);

  const nghttp2_nv* data() const { return fields_.data(); }
  std::size_t size() const { return size_; }

 private:
  bool add(std::string_view name, std::string_view value);
  bool add_pseudo_fields(std::string_view request_line, std::string_view authority, bool is_tls);

  // Of the client, what a route adds, and what the agent adds.
  std::array<nghttp2_nv, http::HeaderList::kCapacity + route::kMaxHeaderChanges + 24> fields_{};
  std::size_t size_ = 0;
};

}  // namespace mex::proxy::upstream::http2
