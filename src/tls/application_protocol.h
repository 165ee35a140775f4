#pragma once

#include <span>

namespace mex::tls {

// What is spoken over a connection, as ALPN names it (RFC 7301).
enum class ApplicationProtocol {
  Http11,
  Http2,
  Http2OrHttp11,  // the first, if the peer can
};

// As ALPN's list has it: length, then text (section 3.1), in the order of preference.
std::span<const unsigned char> alpn_of(ApplicationProtocol protocol);

}  // namespace mex::tls
