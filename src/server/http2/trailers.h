#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/header_list.h"

namespace mex::server::http2 {

// The trailers of one message (RFC 9113 section 8.1), kept until they can go on: those that come,
// until their handler has had all of the body; those that leave, until all of it is sent. They have
// the bounds of a chunked body's. Used again after clear().
class Trailers {
 public:
  enum class Fault : std::uint8_t { None, Malformed, Endless };

  // The next field that comes. One with a name that frames or routes a message is malformed.
  Fault add(std::string_view name, std::string_view value);
  // What add() would say of this field alone.
  static Fault check(std::string_view name, std::string_view value);
  // Those that leave; fields that may be no trailers are left out (http/trailers.h).
  void keep(const http::HeaderList& fields);

  bool empty() const { return lines_.empty(); }
  // Views of what is kept.
  void read(http::HeaderList& fields) const;
  // As the end of the stream. False if there is no memory for it.
  bool submit(nghttp2_session* session, std::int32_t stream) const;
  void clear();

 private:
  bool append(std::string_view name, std::string_view value);

  std::string lines_;  // as http::parse_field_lines() reads them
  std::size_t count_ = 0;
  std::size_t size_ = 0;  // of what came
};

}  // namespace mex::server::http2
