#include "nginx/runtime/listening_ports.h"

#include <ifaddrs.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>

#include "base/file.h"
#include "base/freed.h"
#include "base/status.h"

namespace mex::nginx {
namespace {

// Of include/net/tcp_states.h; an unconnected UDP socket is "closed".
constexpr std::string_view kTcpListens = "0A";
constexpr std::string_view kUdpWaits = "07";
constexpr std::size_t kWordDigits = 8;

std::optional<std::uint32_t> parse_hexadecimal(std::string_view text) {
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size())
    return std::nullopt;
  return value;
}

// "0100007F:1F90": the address as words of the machine's own byte order, four of them for IPv6.
std::optional<net::Address> parse_address(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != kWordDigits && colon != 4 * kWordDigits) return std::nullopt;
  std::array<std::uint32_t, 4> words{};
  for (std::size_t i = 0; i * kWordDigits < colon; ++i) {
    const auto word = parse_hexadecimal(text.substr(i * kWordDigits, kWordDigits));
    if (!word) return std::nullopt;
    words[i] = *word;
  }
  const auto port = parse_hexadecimal(text.substr(colon + 1));
  if (!port || *port > 0xFFFF) return std::nullopt;
  const std::uint16_t number = htons(static_cast<std::uint16_t>(*port));
  if (colon == kWordDigits) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = number;
    v4.sin_addr.s_addr = words[0];
    return net::Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = number;
  std::memcpy(&v6.sin6_addr, words.data(), sizeof v6.sin6_addr);
  return net::Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
}

std::string_view next_column(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

std::vector<Listener> parse_sockets(std::string_view text, bool udp) {
  std::vector<Listener> listeners;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    next_column(line);  // the number of the line
    const auto address = parse_address(next_column(line));
    next_column(line);  // the peer
    const std::string_view state = next_column(line);
    if (address && state == (udp ? kUdpWaits : kTcpListens)) listeners.push_back({*address, udp});
  }
  return listeners;
}

absl::StatusOr<std::vector<Listener>> listening_ports() {
  constexpr std::size_t kLimit = std::size_t{64} << 20U;
  std::vector<Listener> all;
  for (const char* name : {"tcp", "tcp6", "udp", "udp6"}) {
    const auto text = base::read_file(fmt::format("/proc/thread-self/net/{}", name), kLimit);
    // A kernel without IPv6 has no such file.
    if (absl::IsNotFound(text.status())) continue;
    if (!text.ok()) return text.status();
    const std::vector<Listener> some = parse_sockets(*text, name[0] == 'u');
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::vector<std::string> local_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, base::Freed<freeifaddrs>> owner(first);
  std::vector<std::string> addresses;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    const auto address = net::Address::from_sockaddr(
        each->ifa_addr,
        each->ifa_addr->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
    if (!address.empty() && !address.is_link_local()) addresses.push_back(address.ip_text());
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

}  // namespace mex::nginx
