#include "http/grpc.h"

#include "http/characters.h"
#include "http/known_header.h"

namespace mex::http {
namespace {

// Numbers of grpc's status codes.
constexpr int kUnknown = 2;
constexpr int kPermissionDenied = 7;
constexpr int kUnimplemented = 12;
constexpr int kInternal = 13;
constexpr int kUnavailable = 14;
constexpr int kUnauthenticated = 16;

}  // namespace

bool is_grpc(const HeaderList& headers) {
  const std::string_view type = headers.value(KnownHeader::ContentType);
  if (!starts_with_ignoring_case(type, kGrpcType)) return false;
  const std::string_view rest = type.substr(kGrpcType.size());
  return rest.empty() || rest.front() == '+' || rest.front() == ';';
}

int grpc_status_for(int http_status) {
  switch (http_status) {
    case 400:
      return kInternal;
    case 401:
      return kUnauthenticated;
    case 403:
      return kPermissionDenied;
    case 404:
      return kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return kUnavailable;
    default:
      return kUnknown;
  }
}

std::string grpc_message(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string coded;
  coded.reserve(text.size());
  for (const char c : text) {
    const unsigned byte = as_byte(c);
    if (byte >= 0x20 && byte <= 0x7E && c != '%') {
      coded += c;
    } else {
      coded += '%';
      coded += kDigits[byte >> 4U];
      coded += kDigits[byte & 0xFU];
    }
  }
  return coded;
}

}  // namespace mex::http
