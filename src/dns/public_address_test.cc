#include "dns/public_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "http_client/scripted_server.h"

namespace mex::dns {
namespace {

using http_client::http_answer;
using http_client::ScriptedServer;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

base::CallLimits limits() {
  return {std::chrono::steady_clock::now() + std::chrono::minutes(1), {}};
}

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
  const auto found = metadata_addresses(server.url(), limits());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, ElementsAre("198.51.100.7"));
  EXPECT_EQ(server.count("GET", "/latest/meta-data/public-ipv4"), 1U);
}

TEST(PublicAddress, OrSaysThatThereIsNone) {
  for (const auto& answer :
       {http_answer(404, ""), http_answer(200, ""), http_answer(200, "<html>")}) {
    ScriptedServer server([&](const auto&) { return ScriptedServer::Reaction{answer}; });
    EXPECT_EQ(metadata_addresses(server.url(), limits()).status().code(),
              absl::StatusCode::kNotFound);
  }
  ScriptedServer silent([](const auto&) {
    return ScriptedServer::Reaction{"", ScriptedServer::Then::Close};
  });
  EXPECT_EQ(metadata_addresses(silent.url(), limits()).status().code(),
            absl::StatusCode::kUnavailable);
}

constexpr const char* kServer = "0f9c1b5e-7f4f-4a43-9d6e-2b8a4c1d3e5f";

TEST(PublicAddress, OpenStackKnowsWhichServerThisIs) {
  ScriptedServer server([](const auto&) {
    return ScriptedServer::Reaction{
        http_answer(200, fmt::format(R"({{"name": "edge", "uuid": "{}"}})", kServer))};
  });
  const auto found = metadata_server_id(server.url(), limits());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, kServer);
  EXPECT_EQ(server.count("GET", "/openstack/latest/meta_data.json"), 1U);
  for (const auto& answer :
       {http_answer(404, ""), http_answer(200, "<html>"), http_answer(200, R"({"uuid": 7})"),
        http_answer(200, R"({"uuid": "0f9c1b5e&device_owner=x"})")}) {
    ScriptedServer other([&](const auto&) { return ScriptedServer::Reaction{answer}; });
    EXPECT_EQ(metadata_server_id(other.url(), limits()).status().code(),
              absl::StatusCode::kNotFound);
  }
}

// What each source says; empty: it knows none.
class AddressSourcesTest : public ::testing::Test {
 protected:
  AddressSourcesTest()
      : metadata_([this](const ScriptedServer::Seen& seen) {
          if (seen.target.ends_with("meta_data.json")) {
            return ScriptedServer::Reaction{
                http_answer(200, fmt::format(R"({{"uuid": "{}"}})", kServer))};
          }
          return ScriptedServer::Reaction{http_answer(200, of_metadata_)};
        }) {
    sources_.metadata_url = metadata_.url();
    sources_.interfaces = [this](const std::string& name) {
      return found_at(of_interface_ + name);
    };
    sources_.floating = [this](const std::string& server, const base::CallLimits&) {
      EXPECT_EQ(server, kServer);
      return found_at(floating_);
    };
  }

  static absl::StatusOr<std::vector<std::string>> found_at(const std::string& address) {
    if (address.empty()) return absl::NotFoundError("none here");
    return std::vector<std::string>{address};
  }
  std::string found() const {
    const auto addresses = public_addresses(sources_, limits());
    return addresses.ok() ? addresses->front() : addresses.status().ToString();
  }

  std::string of_interface_;
  std::string of_metadata_;
  std::string floating_;
  ScriptedServer metadata_;
  AddressSources sources_;
};

TEST_F(AddressSourcesTest, TheFirstThatKnowsOneCounts) {
  floating_ = "198.51.100.4";
  EXPECT_EQ(found(), "198.51.100.4");
  of_metadata_ = "198.51.100.3";
  EXPECT_EQ(found(), "198.51.100.3");
  of_interface_ = "198.51.100.2";
  EXPECT_EQ(found(), "198.51.100.2");
  sources_.configured = {"198.51.100.1"};
  EXPECT_EQ(found(), "198.51.100.1");
}

TEST_F(AddressSourcesTest, AnInterfaceThatIsNamedIsTheOnlySource) {
  sources_.interface = "eth7";
  sources_.interfaces = [](const std::string& name) { return found_at(name == "eth7" ? "" : "x"); };
  of_metadata_ = "198.51.100.3";
  EXPECT_EQ(found(), "NOT_FOUND: none here");
}

TEST_F(AddressSourcesTest, WhenNoneKnowsAnyAllAreNamed) {
  EXPECT_EQ(found(),
            "NOT_FOUND: this machine's public address is not known: none here; the metadata "
            "service knows no floating address of this machine; none here; -public_address says "
            "it");
  sources_.floating = nullptr;
  EXPECT_THAT(found(), HasSubstr("; no OpenStack is configured; -public_address"));
}

TEST_F(AddressSourcesTest, WithoutAMetadataServiceTheCloudIsNotAsked) {
  ScriptedServer silent([](const auto&) {
    return ScriptedServer::Reaction{"", ScriptedServer::Then::Close};
  });
  sources_.metadata_url = silent.url();
  sources_.floating = [](const std::string&, const base::CallLimits&) {
    ADD_FAILURE() << "asked";
    return found_at("");
  };
  EXPECT_THAT(found(), HasSubstr("not known: none here; "));
  EXPECT_EQ(silent.count("GET", "meta_data.json"), 0U);
}

}  // namespace
}  // namespace mex::dns
