// Whose request it is, by X-Forwarded-For of a trusted peer; each line of the input is one field.
// Promises: an address that is believed stands in a field, as its last one that no trusted peer
// has, and all that stands behind it is trusted; who is not trusted is the client whatever it says.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/header_list.h"
#include "net/address.h"
#include "net/address_range.h"
#include "oracle.h"
#include "proxy/client_address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mex::net::Address;
  using mex::net::AddressRange;
  static const std::vector<AddressRange> trusted = {*AddressRange::parse("10.0.0.0/8"),
                                                    *AddressRange::parse("fd00::/8")};
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  mex::http::HeaderList headers;
  std::string all;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view value = rest.substr(0, end);
    if (!headers.append("X-Forwarded-For", value)) break;
    all.append(all.empty() ? "" : ",").append(value);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const Address stranger = *Address::parse_ip("203.0.113.1", 1);
  require(mex::proxy::client_address(stranger, headers, trusted) == stranger,
          "a peer that is not trusted is the client");
  const Address peer = *Address::parse_ip("10.0.0.1", 1);
  const Address client = mex::proxy::client_address(peer, headers, trusted);
  require(!client.empty(), "there always is one");
  if (client == peer) return 0;
  // Whatever it is, it stands there: with its port or without.
  const auto is_there = [&](std::string_view element) {
    const std::size_t first = std::min(element.find_first_not_of(" \t"), element.size());
    element.remove_prefix(first);
    element = element.substr(0, element.find_last_not_of(" \t") + 1);
    for (std::size_t length = element.size(); length > 0; --length) {
      const auto address = Address::parse_ip(element.substr(0, length), 0);
      if (address.ok() && *address == client) return true;
    }
    return false;
  };
  bool found = false;
  std::string_view list = all;
  while (!found) {
    const std::size_t comma = list.rfind(',');
    found = is_there(comma == list.npos ? list : list.substr(comma + 1));
    if (comma == list.npos) break;
    list = list.substr(0, comma);
  }
  require(found, "the client is one that was named");
  return 0;
}
