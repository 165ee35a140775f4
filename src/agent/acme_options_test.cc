#include "agent/acme_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/status.h"

namespace mex::agent {
namespace {

using certificates::AcmeOptions;
using certificates::Challenge;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Change = std::function<void(Flags&)>;

absl::StatusOr<Options> options_with(const Change& change) {
  Flags flags;
  flags.fqdn = "agent1.example.net";
  flags.acme_email = "you@example.net";
  change(flags);
  return check_flags(flags, "", 1);
}

AcmeOptions settings_with(const Change& change) {
  const auto options = options_with(change);
  EXPECT_TRUE(options.ok()) << options.status();
  return options.ok() && options->acme ? *options->acme : AcmeOptions();
}

std::string acme_refusal(const Change& change) {
  const auto options = options_with(change);
  return options.ok() ? "accepted" : std::string(base::message_of(options.status()));
}

TEST(AcmeOptions, WithoutAnAddressNothingIsOrdered) {
  EXPECT_FALSE(options_with([](Flags& f) { f.acme_email = ""; })->acme);
}

TEST(AcmeOptions, OnePairOfFlagsIsEnough) {
  const AcmeOptions settings = settings_with([](Flags&) {});
  EXPECT_EQ(settings.email, "you@example.net");
  EXPECT_EQ(settings.server, "https://acme-v02.api.letsencrypt.org/directory");
  EXPECT_THAT(settings.names, ElementsAre("agent1.example.net"));
  EXPECT_EQ(settings.challenge, Challenge::TlsAlpn01);
  EXPECT_EQ(settings.directory, "/var/www/.cache");
  EXPECT_EQ(settings.lego, "lego");
}

TEST(AcmeOptions, TheAuthorityIsOneOfTwoNamesOrAUrl) {
  EXPECT_EQ(settings_with([](Flags& f) { f.acme_server = "letsencrypt-staging"; }).server,
            "https://acme-staging-v02.api.letsencrypt.org/directory");
  EXPECT_EQ(settings_with([](Flags& f) { f.acme_server = "https://ca.test/dir"; }).server,
            "https://ca.test/dir");
  for (const char* bad : {"", "staging", "http://ca.test/dir", "https://"}) {
    EXPECT_THAT(acme_refusal([&](Flags& f) { f.acme_server = bad; }), HasSubstr("-acme_server"))
        << bad;
  }
}

TEST(AcmeOptions, NamesAreBroughtIntoOneFormAndOrder) {
  EXPECT_THAT(settings_with([](Flags& f) {
                f.acme_names = "*.Agent1.example.net,,B.example.net.,agent1.example.net";
                f.dns = "cloudflare";
              }).names,
              ElementsAre("agent1.example.net", "b.example.net", "*.agent1.example.net"));
  EXPECT_THAT(settings_with([](Flags& f) {
                f.fqdn = "";
                f.acme_names = "b.example.net";
              }).names,
              ElementsAre("b.example.net"));
}

TEST(AcmeOptions, NamesThatAreNoneAreRefused) {
  for (const char* bad : {"a_b", "*", "a.*.b", "10.0.0.1", "-d"}) {
    EXPECT_THAT(acme_refusal([&](Flags& f) { f.acme_names = bad; }), HasSubstr("-acme_names"))
        << bad;
  }
  EXPECT_THAT(acme_refusal([](Flags& f) { f.fqdn = ""; }), HasSubstr("a name is needed"));
  EXPECT_THAT(acme_refusal([](Flags& f) {
                f.fqdn = "";
                f.acme_names = "*.example.net";
              }),
              HasSubstr("a name is needed"));
}

TEST(AcmeOptions, TheChallengeFollowsFromTheRest) {
  EXPECT_EQ(settings_with([](Flags& f) { f.http = ":8080"; }).challenge, Challenge::Http01);
  EXPECT_EQ(settings_with([](Flags& f) { f.dns = "cloudflare"; }).challenge, Challenge::Dns01);
  EXPECT_THAT(acme_refusal([](Flags& f) { f.acme_names = "*.a.net"; }),
              HasSubstr("dns-01 needs -dns"));
  EXPECT_THAT(acme_refusal([](Flags& f) { f.acme_challenge = "dns-01"; }), HasSubstr("needs -dns"));
}

TEST(AcmeOptions, TheChallengeMayBeNamed) {
  EXPECT_EQ(settings_with([](Flags& f) { f.acme_challenge = "http-01"; }).challenge,
            Challenge::Http01);
  EXPECT_EQ(settings_with([](Flags& f) {
              f.acme_challenge = "tls-alpn-01";
              f.http = ":8080";
            }).challenge,
            Challenge::TlsAlpn01);
  const AcmeOptions by_lego = settings_with([](Flags& f) { f.acme_challenge = "dns-01/route53"; });
  EXPECT_EQ(by_lego.challenge, Challenge::Dns01);
  EXPECT_EQ(by_lego.lego_dns_provider, "route53");
  for (const char* bad : {"dns-02", "dns-01/", "dns-01/--path", "HTTP-01"}) {
    EXPECT_THAT(acme_refusal([&](Flags& f) { f.acme_challenge = bad; }),
                HasSubstr("-acme_challenge"))
        << bad;
  }
  EXPECT_THAT(acme_refusal([](Flags& f) {
                f.acme_challenge = "http-01";
                f.acme_names = "*.a.net";
              }),
              HasSubstr("only be had by dns-01"));
}

TEST(AcmeOptions, Http01OpensPort80UnlessAnotherOneIsNamed) {
  const auto options = options_with([](Flags& f) { f.acme_challenge = "http-01"; });
  ASSERT_TRUE(options->http);
  EXPECT_EQ(options->http->port(), 80);
  EXPECT_EQ(options_with([](Flags& f) { f.http = ":8080"; })->http->port(), 8080);
  EXPECT_FALSE(options_with([](Flags&) {})->http);
}

TEST(AcmeOptions, AddressesOfPeopleAreNoPathsAndNoOptions) {
  for (const char* bad : {"you", "@b", "a@", "a/../b@c", "-a@b", ".a@b", "a b@c", "a@b\n"}) {
    EXPECT_THAT(acme_refusal([&](Flags& f) { f.acme_email = bad; }), HasSubstr("-acme_email"))
        << bad;
  }
}

TEST(AcmeOptions, ResolversAreAddresses) {
  EXPECT_THAT(settings_with([](Flags& f) { f.acme_resolvers = "127.0.0.1:53,[::1]:53"; }).resolvers,
              ElementsAre("127.0.0.1:53", "[::1]:53"));
  EXPECT_THAT(acme_refusal([](Flags& f) { f.acme_resolvers = "dns.example"; }),
              HasSubstr("-acme_resolvers"));
}

TEST(AcmeOptions, WithoutAProxyThereIsNoUseForIt) {
  EXPECT_THAT(acme_refusal([](Flags& f) { f.proxy = ""; }), HasSubstr("-proxy is off"));
  EXPECT_THAT(acme_refusal([](Flags& f) {
                f.proxy = "";
                f.acme_email = "";
                f.http = ":8080";
              }),
              HasSubstr("-http"));
}

}  // namespace
}  // namespace mex::agent
