#include "edge/dns/public_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http_client/scripted_server.h"

namespace mex::edge::dns {
namespace {

using http_client::http_answer;
using http_client::ScriptedServer;
using ::testing::Contains;
using ::testing::ElementsAre;

CallLimits limits() { return {std::chrono::steady_clock::now() + std::chrono::minutes(1), {}}; }

TEST(PublicAddress, IsOneThatTheInternetCanUse) {
  for (const char* address : {"1.1.1.1", "172.32.0.1", "2606:4700::1111", "2a00::1"}) {
    EXPECT_TRUE(is_public(address)) << address;
  }
  for (const char* address : {"10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.1.1",
                              "100.64.0.1", "203.0.113.5", "224.0.0.1", "255.255.255.255", "::1",
                              "fe80::1", "fd00::1", "2001:db8::1", "2002::1", "", "x"}) {
    EXPECT_FALSE(is_public(address)) << address;
  }
}

TEST(PublicAddress, AnInterfaceMayBeNamed) {
  const auto loopback = interface_addresses("lo");
  ASSERT_TRUE(loopback.ok()) << loopback.status();
  EXPECT_THAT(*loopback, Contains("127.0.0.1"));
  EXPECT_EQ(interface_addresses("none-such").status().code(), absl::StatusCode::kNotFound);
}

TEST(PublicAddress, OpenStackKnowsTheFloatingOne) {
  ScriptedServer server(
      [](const auto&) { return ScriptedServer::Reaction{http_answer(200, "198.51.100.7\n")}; });
  const auto found = metadata_addresses(server.url("/public-ipv4"), limits());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, ElementsAre("198.51.100.7"));
}

TEST(PublicAddress, OrSaysThatThereIsNone) {
  for (const auto& answer :
       {http_answer(404, ""), http_answer(200, ""), http_answer(200, "<html>")}) {
    ScriptedServer server([&](const auto&) { return ScriptedServer::Reaction{answer}; });
    EXPECT_EQ(metadata_addresses(server.url("/"), limits()).status().code(),
              absl::StatusCode::kNotFound);
  }
  ScriptedServer silent([](const auto&) {
    return ScriptedServer::Reaction{"", ScriptedServer::Then::Close};
  });
  EXPECT_EQ(metadata_addresses(silent.url("/"), limits()).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace mex::edge::dns
