#include "agent/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace mex::agent {
namespace {

using ::testing::HasSubstr;

Flags with(const std::function<void(Flags&)>& change) {
  Flags flags;
  change(flags);
  return flags;
}

Options checked(const Flags& flags) {
  const auto options = check_flags(flags, "", 4);
  EXPECT_TRUE(options.ok()) << options.status();
  return options.value_or(Options());
}

TEST(OptionsTest, DefaultsAreTheOriginals) {
  const Options options = checked(Flags());
  EXPECT_EQ(options.cert_dir, "/var/www/.cache");
  EXPECT_EQ(options.grpc.port(), 18888);
  EXPECT_EQ(options.rest.port(), 18889);
  ASSERT_TRUE(options.proxy.has_value());
  EXPECT_EQ(options.proxy->port(), 443);
  EXPECT_TRUE(options.rest.is_any());
  EXPECT_EQ(options.log_level, log::Level::Info);
}

TEST(OptionsTest, DefaultsAreSafe) {
  const Options options = checked(Flags());
  EXPECT_FALSE(options.open_access);
  EXPECT_TRUE(options.trust_loopback);
}

TEST(OptionsTest, EmptyProxyAddressTurnsItOff) {
  EXPECT_EQ(checked(with([](Flags& f) { f.proxy = ""; })).proxy, std::nullopt);
}

TEST(OptionsTest, StateDirectoryFromFlagThenVariableThenDefault) {
  EXPECT_EQ(check_flags(with([](Flags& f) { f.state_dir = "/a"; }), "/b", 1)->state_dir, "/a");
  EXPECT_EQ(check_flags({}, "/b", 1)->state_dir, "/b");
  EXPECT_EQ(check_flags({}, "", 1)->state_dir, "/var/lib/mexosagent");
}

TEST(OptionsTest, ShardsAreOneForEachCoreUnlessSaid) {
  EXPECT_EQ(checked({}).shards, 4U);
  EXPECT_EQ(checked({}).pace, 1);
  EXPECT_EQ(checked(with([](Flags& f) { f.pace = "0.5"; })).pace, 0.5);
  EXPECT_EQ(checked(with([](Flags& f) { f.shards = "2"; })).shards, 2U);
}

TEST(OptionsTest, TheFqdnIsBroughtIntoOneForm) {
  EXPECT_EQ(checked({}).fqdn, "");
  EXPECT_EQ(checked(with([](Flags& f) { f.fqdn = "Agent1.Example.NET."; })).fqdn,
            "agent1.example.net");
  EXPECT_EQ(checked(with([](Flags& f) { f.fqdn = "localhost"; })).fqdn, "localhost");
  const std::string longest =
      "a" + std::string(60, 'b') + ".c" + std::string(60, 'd') + ".e" + std::string(46, 'f');
  EXPECT_EQ(checked(with([&](Flags& f) { f.fqdn = longest; })).fqdn, longest);
  const auto longer = check_flags(with([&](Flags& f) { f.fqdn = longest + "f"; }), "", 1);
  EXPECT_THAT(longer.status().ToString(), HasSubstr("-fqdn: must have at most 171 characters"));
}

TEST(OptionsTest, WhatIsNoFqdnIsRefused) {
  for (const std::string text :
       {".", "..", "agent1..net", "agent1.net..", ".agent1.net", "-agent1.net", "agent1-.net",
        "agent_1.net", "agent 1.net", "*.net", "agent1.net:443", "https://agent1.net", "10.0.0.1",
        "agent1.7", "[::1]", "\xc3\xa4.net"}) {
    const auto options = check_flags(with([&](Flags& f) { f.fqdn = text; }), "", 1);
    EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(options.status().ToString(), HasSubstr("-fqdn: must be a DNS name")) << text;
  }
  const std::string label(64, 'a');
  EXPECT_FALSE(check_flags(with([&](Flags& f) { f.fqdn = label + ".net"; }), "", 1).ok());
}

TEST(OptionsTest, UsersOfNginxAreWhereTheOriginalLookedOrWhereTheFlagSays) {
  EXPECT_EQ(checked({}).nginx_htpasswd,
            (std::vector<std::string>{"nginx.htpasswd", "/home/ubuntu/nginx.htpasswd"}));
  EXPECT_EQ(checked(with([](Flags& f) { f.nginx_htpasswd = "/etc/users"; })).nginx_htpasswd,
            std::vector<std::string>{"/etc/users"});
}

TEST(OptionsTest, ALauncherIsUsedWhereItIsNamed) {
  EXPECT_EQ(checked({}).launcher, "");
  EXPECT_EQ(checked(with([](Flags& f) { f.launcher = "/run/l.socket"; })).launcher,
            "/run/l.socket");
}

TEST(OptionsTest, FaultsNameTheFlag) {
  const struct {
    std::function<void(Flags&)> spoil;
    const char* message;
  } cases[] = {
      {[](Flags& f) { f.grpc = ""; }, "-grpc: "},
      {[](Flags& f) { f.rest = "here"; }, "-rest: "},
      {[](Flags& f) { f.rest = ":0"; }, "-rest: the port must not be 0"},
      {[](Flags& f) { f.proxy = ":99999"; }, "-proxy: "},
      {[](Flags& f) { f.pace = "0"; }, "-pace: must be a number from 0.1 to 20, not \"0\""},
      {[](Flags& f) { f.pace = "nan"; }, "-pace"},
      {[](Flags& f) { f.pace = "1e9"; }, "-pace"},
      {[](Flags& f) { f.pace = "2x"; }, "-pace"},
      {[](Flags& f) { f.pace = ""; }, "-pace"},
      {[](Flags& f) { f.shards = "-1"; }, "-shards: must be a number"},
      {[](Flags& f) { f.shards = "many"; }, "not \"many\""},
      {[](Flags& f) { f.shards = "1000"; }, "-shards: must be a number from 0"},
      {[](Flags& f) { f.log_format = "xml"; }, "-log_format: must be text or json"},
      {[](Flags& f) { f.nginx_runtime = "podman"; }, "-nginx_runtime: must be auto, docker or"},
      {[](Flags& f) { f.nginx_image = ""; }, "-nginx_image: must name an image"},
      {[](Flags& f) { f.nginx_image = "nginx@sha256:12"; },
       "-nginx_image: \"nginx@sha256:12\" is not the name of an image"},
      {[](Flags& f) { f.launcher = "l.socket"; }, "-launcher: must be the path of a socket"},
      {[](Flags& f) { f.auth = "password"; }, "-auth: must be token or none"},
      {[](Flags& f) { f.tls_profile = "old"; },
       "-tls_profile: must be intermediate or modern, not \"old\""},
  };
  for (const auto& row : cases) {
    const auto options = check_flags(with(row.spoil), "", 1);
    EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument) << row.message;
    EXPECT_THAT(options.status().ToString(), HasSubstr(row.message));
  }
}

TEST(OptionsTest, TheProfileOfTls) {
  EXPECT_EQ(check_flags({}, "", 1)->tls_profile, tls::Profile::Intermediate);
  const Flags modern = with([](Flags& f) { f.tls_profile = "modern"; });
  EXPECT_EQ(check_flags(modern, "", 1)->tls_profile, tls::Profile::Modern);
}

TEST(OptionsTest, TheApiMaySpeakTls) {
  const auto tls_of = [](const std::string& value, const std::string& proxy) {
    Flags flags;
    flags.api_tls = value;
    flags.proxy = proxy;
    return check_flags(flags, "", 1);
  };
  EXPECT_EQ(tls_of("", ":443")->api_tls, ApiTls::Off);
  EXPECT_EQ(tls_of("proxy", ":443")->api_tls, ApiTls::Proxy);
  EXPECT_EQ(tls_of("/etc/api", "")->api_tls, ApiTls::Directory);
  EXPECT_EQ(tls_of("/etc/api", "")->api_cert_dir, "/etc/api");
  for (const auto& [value, proxy] : {std::pair("proxy", ""), std::pair("on", ":443"),
                                     std::pair("true", ":443"), std::pair("Proxy", ":443")}) {
    EXPECT_THAT(tls_of(value, proxy).status().ToString(), HasSubstr("-api_tls: ")) << value;
  }
}

}  // namespace
}  // namespace mex::agent
