#include "net/proxy_protocol.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

namespace mex::net {
namespace {

// Section 2.2. No text of version 1, of HTTP or of TLS begins so.
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kFixedSize = 16;  // signature, version and command, family, length
constexpr std::string_view kText = "PROXY ";
constexpr std::size_t kMaxTextSize = 107;  // with its end of line (section 2.1)

constexpr unsigned kVersion2 = 2;
constexpr unsigned kLocal = 0;
constexpr unsigned kProxied = 1;
constexpr unsigned kTcp4 = 0x11;
constexpr unsigned kTcp6 = 0x21;
constexpr unsigned kTypeChecksum = 0x03;

unsigned byte_at(std::string_view bytes, std::size_t place) {
  return static_cast<unsigned char>(bytes[place]);
}

unsigned number_at(std::string_view bytes, std::size_t place) {
  return byte_at(bytes, place) << 8U | byte_at(bytes, place + 1);
}

// Of both, as long as they are.
bool agree(std::string_view a, std::string_view b) {
  const std::size_t size = std::min(a.size(), b.size());
  return a.substr(0, size) == b.substr(0, size);
}

// Castagnoli's, bit by bit: for a few hundred bytes once in a connection.
std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t remainder = ~std::uint32_t{0};
  for (const char byte : bytes) {
    remainder ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      remainder = remainder >> 1U ^ ((remainder & 1U) != 0 ? 0x82F63B78U : 0U);
    }
  }
  return ~remainder;
}

// Whether the additions (type, length, value; section 2.2.1) fill their place, and the checksum is
// right if there is one (section 2.2.3).
bool are_additions_right(std::string_view header, std::size_t first) {
  std::size_t place = first;
  while (place < header.size()) {
    if (header.size() - place < 3) return false;
    const std::size_t length = number_at(header, place + 1);
    const std::size_t value = place + 3;
    if (length > header.size() - value) return false;
    if (byte_at(header, place) == kTypeChecksum) {
      if (length != 4) return false;
      const std::uint32_t said = number_at(header, value) << 16U | number_at(header, value + 2);
      std::string without(header);
      std::fill_n(without.begin() + static_cast<std::ptrdiff_t>(value), length, '\0');
      if (crc32c(without) != said) return false;
    }
    place = value + length;
  }
  return true;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  unsigned port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  const bool has_zero_before = text.size() > 1 && text.front() == '0';
  if (error != std::errc() || stop != end || port > 65535 || has_zero_before) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

std::optional<Address> address_of(std::string_view ip, std::string_view port, bool is_v6) {
  const auto number = port_of(port);
  if (!number || (ip.find(':') != std::string_view::npos) != is_v6) return std::nullopt;
  const auto address = Address::parse_ip(ip, *number);
  return address.ok() ? std::optional<Address>(*address) : std::nullopt;
}

Address address_v4(std::string_view bytes, unsigned port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  std::memcpy(&address.sin_addr, bytes.data(), sizeof address.sin_addr);
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Address address_v6(std::string_view bytes, unsigned port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<std::uint16_t>(port));
  std::memcpy(&address.sin6_addr, bytes.data(), sizeof address.sin6_addr);
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// "TCP4 192.0.2.1 198.51.100.1 56324 443", cut at its blanks; nothing if there are more or fewer.
std::optional<std::array<std::string_view, 5>> words_of(std::string_view line) {
  std::array<std::string_view, 5> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t blank = line.find(' ');
    if ((blank == std::string_view::npos) != (i + 1 == words.size())) return std::nullopt;
    words[i] = line.substr(0, blank);
    line.remove_prefix(std::min(line.size(), blank + 1));
  }
  return words;
}

}  // namespace

ProxyProtocolHeader ProxyProtocolHeader::parse(std::string_view bytes) {
  if (agree(bytes, kSignature)) {
    if (bytes.size() < kFixedSize) return ProxyProtocolHeader(State::NeedMore);
    return parse_binary(bytes);
  }
  if (!agree(bytes, kText)) return ProxyProtocolHeader(State::Malformed);
  if (bytes.size() < kText.size()) return ProxyProtocolHeader(State::NeedMore);
  return parse_text(bytes);
}

ProxyProtocolHeader ProxyProtocolHeader::parse_text(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kMaxTextSize).find("\r\n");
  if (end == std::string_view::npos) {
    return ProxyProtocolHeader(bytes.size() < kMaxTextSize ? State::NeedMore : State::Malformed);
  }
  const std::string_view line = bytes.substr(kText.size(), end - kText.size());
  // What is behind it is to be ignored.
  if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return {end + 2, Address()};
  const auto words = words_of(line);
  if (!words || ((*words)[0] != "TCP4" && (*words)[0] != "TCP6")) {
    return ProxyProtocolHeader(State::Malformed);
  }
  const bool is_v6 = (*words)[0] == "TCP6";
  const auto client = address_of((*words)[1], (*words)[3], is_v6);
  if (!client || !address_of((*words)[2], (*words)[4], is_v6)) {
    return ProxyProtocolHeader(State::Malformed);
  }
  return {end + 2, *client};
}

ProxyProtocolHeader ProxyProtocolHeader::parse_binary(std::string_view bytes) {
  const unsigned version = byte_at(bytes, 12) >> 4U;
  const unsigned command = byte_at(bytes, 12) & 0xFU;
  const unsigned family = byte_at(bytes, 13);
  const std::size_t size = kFixedSize + number_at(bytes, 14);
  if (version != kVersion2 || command > kProxied || size > kMaxSize) {
    return ProxyProtocolHeader(State::Malformed);
  }
  const std::size_t addresses = family == kTcp4 ? 12 : family == kTcp6 ? 36 : 0;
  if (size < kFixedSize + addresses) return ProxyProtocolHeader(State::Malformed);
  if (bytes.size() < size) return ProxyProtocolHeader(State::NeedMore);
  // LOCAL, or of a family that is none of TCP: the connection's own address counts.
  if (command == kLocal || addresses == 0) return {size, Address()};
  if (!are_additions_right(bytes.substr(0, size), kFixedSize + addresses)) {
    return ProxyProtocolHeader(State::Malformed);
  }
  const std::string_view from = bytes.substr(kFixedSize, addresses);
  if (family == kTcp4) return {size, address_v4(from, number_at(from, 8))};
  return {size, address_v6(from, number_at(from, 32))};
}

}  // namespace mex::net
