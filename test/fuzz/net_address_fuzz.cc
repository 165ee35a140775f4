// Addresses from flags and URLs. Promises: what is accepted has a text form that is accepted again
// and means the same address; a port survives.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/address.h"
#include "oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mex::net::Address;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto address = Address::parse(text);
  if (address.ok()) {
    const auto again = Address::parse(address->text());
    require(again.ok() && *again == *address, "the text form is the same address");
    require(!address->empty() && address->size() > 0, "an accepted address can be used");
  }
  const auto ip = Address::parse_ip(text, 80);
  if (ip.ok()) {
    require(ip->port() == 80, "the port is kept");
    const auto again = Address::parse_ip(ip->ip_text(), 80);
    require(again.ok() && *again == *ip, "the text form is the same address");
  }
  return 0;
}
