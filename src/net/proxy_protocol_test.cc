// Sections are those of https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt
#include "net/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mex::net {
namespace {

using State = ProxyProtocolHeader::State;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
const std::string kV4("\xC0\x00\x02\x01\xC6\x33\x64\x01\xDC\x04\x01\xBB", 12);

// Version 2: command and family, and what the length counts.
std::string binary(char version_and_command, char family, const std::string& rest) {
  return kSignature + version_and_command + family + static_cast<char>(rest.size() >> 8U) +
         static_cast<char>(rest.size() & 0xFFU) + rest;
}

struct Row {
  const char* name;
  std::string bytes;
  State state;
  std::string client;  // "": none
};

std::vector<Row> rows() {
  const std::string v6 = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x01" +
                         std::string(16, '\x02') + "\xDC\x04\x01\xBB";
  const std::string checksum("\x03\x00\x04", 3);
  return {
      {"2.1 TCP4", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", State::Complete,
       "192.0.2.1:56324"},
      {"2.1 TCP6", "PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", State::Complete,
       "[2001:db8::1]:56324"},
      {"2.1 the longest", "PROXY TCP6 ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n",
       State::Malformed, ""},
      {"2.1 UNKNOWN", "PROXY UNKNOWN\r\n", State::Complete, ""},
      {"2.1 UNKNOWN with something", "PROXY UNKNOWN ffff::1 what ever 1 2 3\r\n", State::Complete,
       ""},
      {"2.1 UNKNOWNS", "PROXY UNKNOWNS\r\n", State::Malformed, ""},
      {"2.1 a port of 0", "PROXY TCP4 192.0.2.1 198.51.100.1 0 443\r\n", State::Complete,
       "192.0.2.1:0"},
      {"2.1 lower case", "proxy TCP4 192.0.2.1 198.51.100.1 1 443\r\n", State::Malformed, ""},
      {"2.1 UDP4", "PROXY UDP4 192.0.2.1 198.51.100.1 1 443\r\n", State::Malformed, ""},
      {"2.1 IPv6 as TCP4", "PROXY TCP4 ::1 198.51.100.1 1 443\r\n", State::Malformed, ""},
      {"2.1 IPv4 as TCP6", "PROXY TCP6 ::1 198.51.100.1 1 443\r\n", State::Malformed, ""},
      {"2.1 a name", "PROXY TCP4 localhost 198.51.100.1 1 443\r\n", State::Malformed, ""},
      {"2.1 two blanks", "PROXY TCP4  192.0.2.1 198.51.100.1 1 443\r\n", State::Malformed, ""},
      {"2.1 a word too many", "PROXY TCP4 192.0.2.1 198.51.100.1 1 443 x\r\n", State::Malformed,
       ""},
      {"2.1 a word too few", "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n", State::Malformed, ""},
      {"2.1 a large port", "PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n", State::Malformed, ""},
      {"2.1 a port with a zero", "PROXY TCP4 192.0.2.1 198.51.100.1 01 443\r\n", State::Malformed,
       ""},
      {"2.1 a signed port", "PROXY TCP4 192.0.2.1 198.51.100.1 +1 443\r\n", State::Malformed, ""},
      {"2.1 a line feed alone", "PROXY TCP4 192.0.2.1 198.51.100.1 1 443\n" + std::string(80, 'x'),
       State::Malformed, ""},
      {"2.1 no end within 107 bytes", "PROXY UNKNOWN " + std::string(93, 'x'), State::Malformed,
       ""},
      {"2.1 no end yet", "PROXY UNKNOWN " + std::string(92, 'x'), State::NeedMore, ""},
      {"2.1 half a word", "PRO", State::NeedMore, ""},
      {"nothing", "", State::NeedMore, ""},
      {"2.2 TCP over IPv4", binary('\x21', '\x11', kV4), State::Complete, "192.0.2.1:56324"},
      {"2.2 TCP over IPv6", binary('\x21', '\x21', v6), State::Complete, "[2001:db8::1]:56324"},
      {"2.2 LOCAL", binary('\x20', '\x00', ""), State::Complete, ""},
      {"2.2 LOCAL with addresses", binary('\x20', '\x11', kV4), State::Complete, ""},
      {"2.2 unspecified", binary('\x21', '\x00', "whatever"), State::Complete, ""},
      {"2.2 a datagram", binary('\x21', '\x12', kV4), State::Complete, ""},
      {"2.2 a Unix socket", binary('\x21', '\x31', std::string(216, 'x')), State::Complete, ""},
      {"2.2 another version", binary('\x31', '\x11', kV4), State::Malformed, ""},
      {"2.2 another command", binary('\x22', '\x11', kV4), State::Malformed, ""},
      {"2.2 shorter than its addresses", binary('\x21', '\x11', kV4.substr(1)), State::Malformed,
       ""},
      {"2.2 IPv6 of IPv4's length", binary('\x21', '\x21', kV4), State::Malformed, ""},
      {"2.2 too long", binary('\x21', '\x11', kV4 + std::string(4081, '\0')), State::Malformed, ""},
      {"2.2.1 an addition", binary('\x21', '\x11', kV4 + std::string("\x02\x00\x03www", 6)),
       State::Complete, "192.0.2.1:56324"},
      {"2.2.1 an addition that is cut",
       binary('\x21', '\x11', kV4 + std::string("\x02\x00\x04www", 6)), State::Malformed, ""},
      {"2.2.1 half a length", binary('\x21', '\x11', kV4 + std::string("\x02\x00", 2)),
       State::Malformed, ""},
      {"2.2.3 a checksum",
       binary('\x21', '\x11', kV4 + checksum + std::string("\x73\x7E\xE9\x19", 4)), State::Complete,
       "192.0.2.1:56324"},
      {"2.2.3 a wrong checksum", binary('\x21', '\x11', kV4 + checksum + "\x01\x02\x03\x04"),
       State::Malformed, ""},
      {"2.2.3 a short checksum",
       binary('\x21', '\x11', kV4 + std::string("\x03\x00\x02\x01\x02", 5)), State::Malformed, ""},
      {"2.2 half the signature", kSignature.substr(0, 7), State::NeedMore, ""},
      {"2.2 the signature alone", kSignature, State::NeedMore, ""},
      {"2.2 not quite the signature", kSignature.substr(0, 11) + "x", State::Malformed, ""},
      {"TLS", "\x16\x03\x01\x02", State::Malformed, ""},
      {"HTTP", "GET / HTTP/1.1\r\n", State::Malformed, ""},
      {"a SMTP greeting", "\r\n\r\n\r\n", State::Malformed, ""},
  };
}

TEST(ProxyProtocol, EachRow) {
  for (const Row& row : rows()) {
    const auto header = ProxyProtocolHeader::parse(row.bytes);
    EXPECT_EQ(header.state(), row.state) << row.name;
    if (header.state() != State::Complete) continue;
    EXPECT_EQ(header.size(), row.bytes.size()) << row.name;
    EXPECT_EQ(header.client().empty() ? "" : header.client().text(), row.client) << row.name;
  }
}

TEST(ProxyProtocol, BytesMayComeOneByOneAndMoreMayFollow) {
  for (const Row& row : rows()) {
    if (row.state != State::Complete) continue;
    for (std::size_t length = 0; length < row.bytes.size(); ++length) {
      EXPECT_EQ(ProxyProtocolHeader::parse(row.bytes.substr(0, length)).state(), State::NeedMore)
          << row.name << ", " << length;
    }
    EXPECT_EQ(ProxyProtocolHeader::parse(row.bytes + "\x16\x03\x01").size(), row.bytes.size())
        << row.name;
  }
}

}  // namespace
}  // namespace mex::net
