#include "http/connection_options.h"

#include "http/characters.h"

namespace mex::http {
namespace {

void mark_hop_by_hop(HeaderList& headers, std::string_view name) {
  for (Header& header : headers.entries()) {
    if (header.known == KnownHeader::Host || header.known == KnownHeader::ContentLength) continue;
    if (equals_ignoring_case(header.name, name)) header.hop_by_hop = true;
  }
}

}  // namespace

ConnectionOptions read_connection_options(HeaderList& headers) {
  ConnectionOptions options;
  if (!headers.has(KnownHeader::Connection)) return options;
  std::size_t count = 0;
  for (const Header& header : headers) {
    if (header.known != KnownHeader::Connection) continue;
    for_each_list_element(header.value, [&](std::string_view option) {
      ++count;
      if (count > kMaxConnectionOptions || !is_token(option)) {
        options.error = ParseError::ConnectionInvalid;
      } else if (equals_ignoring_case(option, "close")) {
        options.close = true;
      } else if (equals_ignoring_case(option, "keep-alive")) {
        options.keep_alive = true;
      } else if (equals_ignoring_case(option, "upgrade")) {
        options.upgrade = true;
      } else {
        mark_hop_by_hop(headers, option);
      }
    });
  }
  return options;
}

}  // namespace mex::http
