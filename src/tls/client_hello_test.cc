#include "tls/client_hello.h"

#include <gtest/gtest.h>

#include <string>

#include "tls/testing.h"

namespace mex::tls {
namespace {

using State = ClientHello::State;

std::string name_in(std::string_view bytes) {
  const ClientHello hello = ClientHello::parse(bytes);
  EXPECT_EQ(hello.state(), State::Complete);
  return std::string(hello.server_name());
}

// The handshake message of `record` in records of at most `size` bytes.
std::string in_records_of(const std::string& record, std::size_t size) {
  const std::string message = record.substr(5);
  std::string records;
  for (std::size_t at = 0; at < message.size(); at += size) {
    const std::string part = message.substr(at, size);
    records += std::string("\x16\x03\x01", 3);
    records += static_cast<char>(part.size() >> 8U);
    records += static_cast<char>(part.size() & 0xFFU);
    records += part;
  }
  return records;
}

TEST(ClientHelloTest, FindsTheName) {
  EXPECT_EQ(name_in(testing::client_hello_bytes("test-1.tenant-1.edge.example")),
            "test-1.tenant-1.edge.example");
  EXPECT_EQ(name_in(testing::client_hello_bytes("Edge.EXAMPLE")), "edge.example");
  EXPECT_EQ(name_in(testing::client_hello_bytes("edge.example", TLS1_2_VERSION)), "edge.example");
  EXPECT_EQ(name_in(testing::client_hello_bytes(std::string(253, 'a').c_str())),
            std::string(253, 'a'));
}

TEST(ClientHelloTest, ADotAtTheEndDoesNotCount) {
  EXPECT_EQ(name_in(testing::client_hello_bytes("edge.example.")), "edge.example");
}

TEST(ClientHelloTest, ClientsMaySayNothing) {
  EXPECT_EQ(name_in(testing::client_hello_bytes(nullptr)), "");
}

TEST(ClientHelloTest, KnowsAnAuthoritysChallenge) {
  const auto is_challenge = [](const std::string& bytes) {
    const ClientHello hello = ClientHello::parse(bytes);
    EXPECT_EQ(hello.server_name(), "edge.example");
    return hello.is_acme_challenge();
  };
  EXPECT_TRUE(is_challenge(testing::challenge_hello("edge.example")));
  EXPECT_FALSE(is_challenge(testing::client_hello_bytes("edge.example")));
  EXPECT_FALSE(is_challenge(
      testing::client_hello_bytes("edge.example", TLS1_3_VERSION, "\x02h2\x08http/1.1")));
  EXPECT_TRUE(is_challenge(testing::client_hello_bytes("edge.example", TLS1_3_VERSION,
                                                       "\x02h2\x0A"
                                                       "acme-tls/1")));
}

TEST(ClientHelloTest, WaitsForEveryByte) {
  const std::string whole = testing::client_hello_bytes("edge.example");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(ClientHello::parse(whole.substr(0, length)).state(), State::NeedMore) << length;
  }
}

TEST(ClientHelloTest, TheMessageMayComeInSeveralRecords) {
  const std::string whole = testing::client_hello_bytes("edge.example");
  for (const std::size_t size : {1U, 2U, 7U, 100U}) {
    const std::string records = in_records_of(whole, size);
    EXPECT_EQ(name_in(records), "edge.example") << size;
    EXPECT_EQ(ClientHello::parse(records.substr(0, records.size() - 1)).state(), State::NeedMore);
  }
}

TEST(ClientHelloTest, WhatComesBehindIsNotLookedAt) {
  EXPECT_EQ(name_in(testing::client_hello_bytes("edge.example") + std::string("\xFF\xFF\xFF", 3)),
            "edge.example");
}

TEST(ClientHelloTest, AnythingElseIsForeign) {
  for (const std::string& bytes : {
           std::string("GET / HTTP/1.1\r\n"), std::string("S"),
           std::string("\x15\x03\x01\x00\x02\x01\x00", 7),  // an alert
           std::string("\x16\x02", 2),                      // not version 3
           std::string("\x16\x03\x01\x00\x00", 5),          // an empty record
           std::string("\x16\x03\x01\x40\x01\x01", 6),      // a record over the limit
           std::string("\x16\x03\x01\x00\x04\x02", 6),      // a ServerHello
       }) {
    EXPECT_EQ(ClientHello::parse(bytes).state(), State::NotTls) << bytes.size();
  }
}

TEST(ClientHelloTest, AMessageThatIsTooLongIsForeign) {
  std::string whole = in_records_of(
      "12345" + std::string("\x01\x00\x50\x00", 4) + std::string(0x5000, 'x'), 16U << 10U);
  EXPECT_EQ(ClientHello::parse(whole).state(), State::NotTls);
}

// Each length field inside the message, one after the other, says more than there is.
TEST(ClientHelloTest, LengthsThatDoNotFitAreForeignOrMissTheName) {
  const std::string whole = testing::client_hello_bytes("edge.example");
  const std::size_t session_id = 5 + 4 + 2 + 32;
  for (const std::size_t at : {session_id, session_id + 33}) {
    std::string broken = whole;
    broken[at] = '\xFF';
    EXPECT_EQ(ClientHello::parse(broken).state(), State::NotTls) << at;
  }
}

}  // namespace
}  // namespace mex::tls
