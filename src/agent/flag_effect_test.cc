#include "agent/flag_effect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FlagEffectTest, WhatIsNotGivenIsNotSaid) {
  EXPECT_THAT(flags_without_effect({}), IsEmpty());
  Flags off;
  off.proxy = "";
  EXPECT_THAT(flags_without_effect(off), IsEmpty());
}

// The names were registered nowhere, and nothing said why.
TEST(FlagEffectTest, FlagsOfPublicDnsNeedItsProvider) {
  Flags flags;
  flags.dns_token = "/run/token";
  flags.dns_key = "/run/key";
  flags.dns_server = "192.0.2.1";
  flags.dns_names = "host";
  flags.dns_ttl = "60s";
  flags.dns_interval = "1m";
  flags.dns_proxied = true;
  flags.public_address = "192.0.2.2";
  flags.metadata_url = "http://192.0.2.3";
  EXPECT_THAT(
      flags_without_effect(flags),
      ElementsAre("-dns_server has no effect without -dns", "-dns_key has no effect without -dns",
                  "-dns_token has no effect without -dns", "-dns_names has no effect without -dns",
                  "-dns_ttl has no effect without -dns", "-dns_interval has no effect without -dns",
                  "-public_address has no effect without -dns",
                  "-metadata_url has no effect without -dns",
                  "-dns_proxied has no effect without -dns"));
  flags.dns = "cloudflare";
  flags.fqdn = "agent1.example.net";
  EXPECT_THAT(flags_without_effect(flags), IsEmpty());
}

TEST(FlagEffectTest, RegistrationNeedsAName) {
  Flags flags;
  flags.dns = "cloudflare";
  flags.dns_token = "/run/token";
  flags.dns_names = "host";
  flags.public_address = "192.0.2.2";
  EXPECT_THAT(flags_without_effect(flags),
              ElementsAre("-dns_names has no effect without -fqdn",
                          "-public_address has no effect without -fqdn"));
}

TEST(FlagEffectTest, FlagsOfOrdersNeedAnAddressForTheAccount) {
  Flags flags;
  flags.acme_server = "letsencrypt-staging";
  flags.acme_names = "a.example.net";
  flags.acme_challenge = "dns-01";
  flags.acme_resolvers = "192.0.2.1:53";
  flags.acme_ca = "/ca.pem";
  flags.lego = "/opt/lego";
  EXPECT_EQ(flags_without_effect(flags).size(), 6U);
  flags.acme_email = "you@example.net";
  EXPECT_THAT(flags_without_effect(flags), IsEmpty());
}

TEST(FlagEffectTest, TheRest) {
  Flags flags;
  flags.proxy = "";
  flags.shards = "4";
  flags.nginx_runtime = "process";
  flags.nginx_image = "mine";
  flags.auth = "none";
  flags.trust_loopback = false;
  flags.access_log = "/var/log/access.log";
  flags.request_ids = true;
  EXPECT_THAT(flags_without_effect(flags),
              ElementsAre("-shards has no effect while -proxy is off",
                          "-access_log has no effect while -proxy is off",
                          "-request_ids has no effect while -proxy is off",
                          "-nginx_image has no effect with -nginx_runtime=process",
                          "-trust_loopback=false has no effect with -auth=none"));
}

TEST(FlagEffectTest, QueriesNeedALogToBeIn) {
  Flags flags;
  flags.access_log_query = true;
  EXPECT_THAT(flags_without_effect(flags),
              ElementsAre("-access_log_query has no effect without -access_log"));
  flags.access_log = "-";
  EXPECT_THAT(flags_without_effect(flags), IsEmpty());
}

}  // namespace
}  // namespace mex::agent
