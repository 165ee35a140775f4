#include "tls/application_protocol.h"

namespace mex::tls {
namespace {

constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr unsigned char kHttp2[] = {2, 'h', '2'};
constexpr unsigned char kHttp2OrHttp11[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

}  // namespace

std::span<const unsigned char> alpn_of(ApplicationProtocol protocol) {
  switch (protocol) {
    case ApplicationProtocol::Http11:
      return kHttp11;
    case ApplicationProtocol::Http2:
      return kHttp2;
    case ApplicationProtocol::Http2OrHttp11:
      return kHttp2OrHttp11;
  }
  return kHttp11;
}

}  // namespace mex::tls
