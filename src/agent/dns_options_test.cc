#include "agent/dns_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "agent/options.h"
#include "base/status.h"
#include "dns/public_address.h"

namespace mex::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Change = std::function<void(Flags&)>;

absl::StatusOr<std::optional<DnsOptions>> checked_dns(const Change& change) {
  Flags flags;
  flags.dns = "cloudflare";
  change(flags);
  return check_dns_flags(flags, "agent1.example.net");
}

DnsOptions dns_options_with(const Change& change) {
  const auto options = checked_dns(change);
  EXPECT_TRUE(options.ok()) << options.status();
  return options.ok() && *options ? **options : DnsOptions();
}

std::string dns_refusal(const Change& change) {
  const auto options = checked_dns(change);
  return options.ok() ? "accepted" : std::string(base::message_of(options.status()));
}

TEST(DnsOptionsTest, WithoutAProviderThereIsNone) {
  EXPECT_FALSE(checked_dns([](Flags& f) { f.dns = ""; })->has_value());
}

TEST(DnsOptionsTest, CloudflareNeedsNothingElse) {
  const DnsOptions options = dns_options_with([](Flags&) {});
  EXPECT_FALSE(options.rfc2136);
  EXPECT_EQ(options.names, DnsNames::Wildcard);
  EXPECT_EQ(options.ttl, std::chrono::minutes(2));
  EXPECT_EQ(options.interval, std::chrono::minutes(5));
}

TEST(DnsOptionsTest, ANameServerHasAnAddress) {
  const auto server = [](const char* address) {
    return dns_options_with([&](Flags& f) {
             f.dns = "rfc2136";
             f.dns_server = address;
             f.dns_key = "/key";
           })
        .rfc2136.value();
  };
  EXPECT_EQ(server("192.0.2.1").port, "53");
  EXPECT_EQ(server("192.0.2.1").key_file, "/key");
  EXPECT_EQ(server("192.0.2.1:5353").server, "192.0.2.1");
  EXPECT_EQ(server("192.0.2.1:5353").port, "5353");
  EXPECT_EQ(server("[2001:db8::1]:5353").server, "2001:db8::1");
  for (const char* bad : {"", "ns.example.net", ":53", "192.0.2.1:0"}) {
    EXPECT_THAT(dns_refusal([&](Flags& f) {
                  f.dns = "rfc2136";
                  f.dns_server = bad;
                }),
                HasSubstr("-dns_server"))
        << bad;
  }
}

TEST(DnsOptionsTest, FlagsOfTheOtherProviderAreRefused) {
  EXPECT_THAT(dns_refusal([](Flags& f) { f.dns_key = "/key"; }), HasSubstr("-dns=rfc2136"));
  EXPECT_THAT(dns_refusal([](Flags& f) {
                f.dns = "rfc2136";
                f.dns_token = "/token";
              }),
              HasSubstr("-dns=cloudflare"));
  EXPECT_THAT(dns_refusal([](Flags& f) {
                f.dns = "rfc2136";
                f.dns_proxied = true;
              }),
              HasSubstr("-dns_proxied"));
  EXPECT_THAT(dns_refusal([](Flags& f) { f.dns = "route53"; }), HasSubstr("-dns: must be"));
}

TEST(DnsOptionsTest, NamesAndTimesAreBounded) {
  EXPECT_EQ(dns_options_with([](Flags& f) { f.dns_names = "none"; }).names, DnsNames::None);
  EXPECT_EQ(dns_options_with([](Flags& f) { f.dns_names = "clusters"; }).names, DnsNames::Clusters);
  EXPECT_THAT(dns_refusal([](Flags& f) { f.dns_names = "all"; }), HasSubstr("-dns_names"));
  EXPECT_EQ(dns_options_with([](Flags& f) { f.dns_interval = "1s"; }).interval,
            std::chrono::seconds(1));
  EXPECT_THAT(dns_refusal([](Flags& f) { f.dns_ttl = "5s"; }), HasSubstr("-dns_ttl"));
  for (const auto& [text, seconds] : {std::pair("90", 90), std::pair("1h30m", 5400),
                                      std::pair("1d", 86400), std::pair("1.5m", 90)}) {
    EXPECT_EQ(dns_options_with([&text = text](Flags& f) { f.dns_interval = text; }).interval,
              std::chrono::seconds(seconds))
        << text;
  }
  EXPECT_THAT(dns_refusal([](Flags& f) { f.dns_interval = "2d"; }), HasSubstr("like 90s, 5m"));
  EXPECT_THAT(dns_refusal([](Flags& f) { f.dns_interval = "often"; }), HasSubstr("-dns_interval"));
}

TEST(DnsOptionsTest, WithoutANameNothingIsRegistered) {
  Flags flags;
  flags.dns = "cloudflare";
  EXPECT_EQ((*check_dns_flags(flags, ""))->names, DnsNames::None);
}

TEST(DnsOptionsTest, AddressesMayBeSaid) {
  EXPECT_THAT(
      dns_options_with([](Flags& f) { f.public_address = "203.0.113.5,2001:db8::5"; }).addresses,
      ElementsAre("203.0.113.5", "2001:db8::5"));
  EXPECT_THAT(dns_options_with([](Flags& f) {
                f.public_address = " 203.0.113.5 , 2001:db8::5,";
              }).addresses,
              ElementsAre("203.0.113.5", "2001:db8::5"));
  EXPECT_EQ(dns_options_with([](Flags& f) { f.public_address = "interface:eth0"; }).interface,
            "eth0");
  EXPECT_EQ(dns_options_with([](Flags&) {}).metadata_url, dns::kMetadataUrl);
  EXPECT_EQ(
      dns_options_with([](Flags& f) { f.metadata_url = "http://[fe80::a9fe:a9fe]/"; }).metadata_url,
      "http://[fe80::a9fe:a9fe]");
  for (const char* bad : {"", "169.254.169.254", "http://a/?b", "ftp://a"}) {
    EXPECT_THAT(dns_refusal([&](Flags& f) { f.metadata_url = bad; }), HasSubstr("-metadata_url"))
        << bad;
  }
  for (const char* bad : {"example.net", "interface:", "0.0.0.0", ",", " ", "1.1.1.1 2.2.2.2",
                          "1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4,5.5.5.5"}) {
    EXPECT_THAT(dns_refusal([&](Flags& f) { f.public_address = bad; }),
                HasSubstr("-public_address"))
        << bad;
  }
}

}  // namespace
}  // namespace mex::agent
