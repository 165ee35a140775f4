#include "openstack/settings/settings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::openstack {
namespace {

using ::testing::HasSubstr;

// What every password login needs.
Variables password_variables() {
  return {{"OS_AUTH_URL", "http://cloud.example:5000/v3"},
          {"OS_USERNAME", "demo"},
          {"OS_PASSWORD", "secret"},
          {"OS_PROJECT_NAME", "edge"}};
}

absl::StatusOr<CloudConfig> config_with(Variables base, const Variables& changes) {
  for (const auto& [name, value] : changes) base[name] = value;
  return config_from_settings(settings_from_variables(base, "os.env"));
}

PasswordLogin login_with(const Variables& changes) {
  const auto config = config_with(password_variables(), changes);
  EXPECT_TRUE(config.ok()) << config.status();
  return std::get<PasswordLogin>(config->login);
}

TEST(SettingsTest, ThePlainPasswordLogin) {
  const auto config = config_with(password_variables(), {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->source, "os.env");
  EXPECT_EQ(config->auth_url, "http://cloud.example:5000/v3");
  EXPECT_EQ(config->region, "");
  EXPECT_EQ(config->interface, Interface::Public);
  EXPECT_EQ(config->ca_file, "");
  EXPECT_FALSE(config->insecure);
  const auto& login = std::get<PasswordLogin>(config->login);
  EXPECT_EQ(login.user_name, "demo");
  EXPECT_EQ(login.password.reveal(), "secret");
  EXPECT_EQ(login.project_name, "edge");
}

// A file that Windows wrote, sourced by a shell, gave all of them one at their ends.
TEST(SettingsTest, ACarriageReturnIsPartOfNothing) {
  const auto config = config_with(password_variables(),
                                  {{"OS_AUTH_URL", "\xEF\xBB\xBFhttp://cloud.example:5000/v3\r"},
                                   {"OS_USERNAME", "demo\r"},
                                   {"OS_PASSWORD", " a b \r\n"},
                                   {"OS_REGION_NAME", "RegionTwo \r"},
                                   {"OS_PROJECT_ID", "\r"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->auth_url, "http://cloud.example:5000/v3");
  EXPECT_EQ(config->region, "RegionTwo");
  const auto& login = std::get<PasswordLogin>(config->login);
  EXPECT_EQ(login.user_name, "demo");
  EXPECT_EQ(login.password.reveal(), " a b ");
  EXPECT_EQ(login.project_id, "");
}

TEST(SettingsTest, WhatCannotBeAPasswordIsNamedAndNotShown) {
  const std::pair<std::string, const char*> cases[] = {
      {"hid\nden", "has more than one line"},
      {"hid\x01"
       "den",
       "has control characters"},
      {"hid\xFF"
       "den",
       "no text in UTF-8"},
      {"-----BEGIN PRIVATE KEY-----\nhidden", "looks like a PEM file"},
  };
  for (const auto& [password, what] : cases) {
    const auto config = config_with(password_variables(), {{"OS_PASSWORD", password}});
    EXPECT_THAT(config.status().ToString(), HasSubstr("os.env: OS_PASSWORD ")) << what;
    EXPECT_THAT(config.status().ToString(), HasSubstr(what));
    EXPECT_EQ(config.status().ToString().find("hid"), std::string::npos);
  }
}

TEST(SettingsTest, EverythingElse) {
  const auto config = config_with(password_variables(), {{"OS_REGION_NAME", "RegionTwo"},
                                                         {"OS_INTERFACE", "internal"},
                                                         {"OS_CACERT", "/etc/hostname"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->region, "RegionTwo");
  EXPECT_EQ(config->interface, Interface::Internal);
  EXPECT_EQ(config->ca_file, "/etc/hostname");
}

TEST(SettingsTest, AnUncheckedCertificateIsWarnedOf) {
  for (const std::string_view variable : {"OS_INSECURE", "OS_VERIFY"}) {
    const auto config = config_with(
        password_variables(), {{std::string(variable), variable == "OS_VERIFY" ? "False" : "1"},
                               {"OS_CACERT", "/nonexistent"}});
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_TRUE(config->insecure);
    ASSERT_EQ(config->warnings.size(), 1U);
    EXPECT_THAT(config->warnings[0],
                HasSubstr(fmt::format("certificate is not checked ({})", variable)));
  }
}

TEST(SettingsTest, VerifyMayBeTheCaFile) {
  const auto config = config_with(password_variables(), {{"OS_VERIFY", "/etc/hostname"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->ca_file, "/etc/hostname");
  EXPECT_FALSE(config->insecure);
}

TEST(SettingsTest, EndpointOverridesUnderAllNamesOfTheirService) {
  const auto config =
      config_with(password_variables(), {{"OS_COMPUTE_ENDPOINT_OVERRIDE", "http://c/compute"},
                                         {"OS_NETWORK_ENDPOINT", "http://c/network"},
                                         {"OS_VOLUME_ENDPOINT_OVERRIDE", "http://c/old"},
                                         {"OS_BLOCK_STORAGE_ENDPOINT_OVERRIDE", "http://c/volume"},
                                         {"OS_IDENTITY_ENDPOINT_OVERRIDE", "http://c/identity"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->endpoint_overrides.at("compute"), "http://c/compute");
  EXPECT_EQ(config->endpoint_overrides.at("network"), "http://c/network");
  EXPECT_EQ(config->endpoint_overrides.at("volumev3"), "http://c/volume");
  EXPECT_EQ(config->endpoint_overrides.at("identity"), "http://c/identity");
  // The login goes where auth_url says.
  EXPECT_EQ(config->auth_url, "http://cloud.example:5000/v3");
}

TEST(SettingsTest, DefaultDomains) {
  EXPECT_EQ(login_with({{"OS_DEFAULT_DOMAIN_ID", "d"}}).project_domain.id, "d");
  EXPECT_EQ(
      login_with({{"OS_DEFAULT_DOMAIN_NAME", "D"}, {"OS_USER_DOMAIN_NAME", "U"}}).user_domain.name,
      "U");
}

TEST(SettingsTest, IdsAndTheOldNamesOfProjects) {
  const PasswordLogin ids = login_with({{"OS_USER_ID", "u1"}, {"OS_PROJECT_ID", "p1"}});
  EXPECT_EQ(ids.user_id, "u1");
  EXPECT_EQ(ids.project_id, "p1");
  EXPECT_EQ(login_with({{"OS_PROJECT_NAME", ""}, {"OS_TENANT_NAME", "old"}}).project_name, "old");
  EXPECT_EQ(login_with({{"OS_PROJECT_NAME", ""}, {"OS_TENANT_ID", "t1"}}).project_id, "t1");
}

TEST(SettingsTest, DomainsWithoutAnyWordAreTheDefault) {
  const PasswordLogin login = login_with({});
  EXPECT_EQ(login.user_domain.name, "Default");
  EXPECT_EQ(login.project_domain.name, "Default");
}

TEST(SettingsTest, OsDomainNameStandsForBothDomains) {
  const PasswordLogin login = login_with({{"OS_DOMAIN_NAME", "tdg"}});
  EXPECT_EQ(login.user_domain.name, "tdg");
  EXPECT_EQ(login.project_domain.name, "tdg");
}

TEST(SettingsTest, OwnDomainsComeBeforeOsDomainName) {
  const PasswordLogin login = login_with({{"OS_DOMAIN_NAME", "tdg"},
                                          {"OS_USER_DOMAIN_NAME", "people"},
                                          {"OS_PROJECT_DOMAIN_ID", "d-1"}});
  EXPECT_EQ(login.user_domain.name, "people");
  EXPECT_EQ(login.project_domain.id, "d-1");
  EXPECT_EQ(login.project_domain.name, "");
}

TEST(SettingsTest, AnIdWinsOverAName) {
  const PasswordLogin login =
      login_with({{"OS_USER_DOMAIN_NAME", "people"}, {"OS_USER_DOMAIN_ID", "d-2"}});
  EXPECT_EQ(login.user_domain.id, "d-2");
  EXPECT_EQ(login.user_domain.name, "");
  EXPECT_EQ(login_with({{"OS_DOMAIN_ID", "d-3"}}).user_domain.id, "d-3");
}

TEST(SettingsTest, ApplicationCredentials) {
  const Variables by_id = {{"OS_AUTH_URL", "http://cloud.example:5000"},
                           {"OS_AUTH_TYPE", "v3applicationcredential"},
                           {"OS_APPLICATION_CREDENTIAL_ID", "c1"},
                           {"OS_APPLICATION_CREDENTIAL_SECRET", "s=1"}};
  auto config = config_with(by_id, {});
  ASSERT_TRUE(config.ok()) << config.status();
  auto credential = std::get<ApplicationCredential>(config->login);
  EXPECT_EQ(credential.id, "c1");
  EXPECT_EQ(credential.secret.reveal(), "s=1");

  config = config_with(by_id, {{"OS_AUTH_TYPE", ""},
                               {"OS_APPLICATION_CREDENTIAL_ID", ""},
                               {"OS_APPLICATION_CREDENTIAL_NAME", "agent"},
                               {"OS_USERNAME", "demo"},
                               {"OS_USER_DOMAIN_NAME", "people"}});
  ASSERT_TRUE(config.ok()) << config.status();
  credential = std::get<ApplicationCredential>(config->login);
  EXPECT_EQ(credential.name, "agent");
  EXPECT_EQ(credential.user_name, "demo");
  EXPECT_EQ(credential.user_domain.name, "people");
}

TEST(SettingsTest, ThePasswordIsTakenWhereBothLoginsAreGivenAndAskedFor) {
  const Variables both = {{"OS_APPLICATION_CREDENTIAL_ID", "c1"},
                          {"OS_APPLICATION_CREDENTIAL_SECRET", "s"}};
  const auto by_default = config_with(password_variables(), both);
  EXPECT_TRUE(std::holds_alternative<ApplicationCredential>(by_default->login));
  Variables asked = both;
  asked["OS_AUTH_TYPE"] = "password";
  const auto by_password = config_with(password_variables(), asked);
  EXPECT_TRUE(std::holds_alternative<PasswordLogin>(by_password->login));
}

TEST(SettingsTest, InterfacesInAllSpellings) {
  for (const std::string_view variable : {"OS_INTERFACE", "OS_ENDPOINT_TYPE"}) {
    for (const auto& [spelling, interface] :
         {std::pair("public", Interface::Public), std::pair("publicURL", Interface::Public),
          std::pair("internal", Interface::Internal), std::pair("InternalURL", Interface::Internal),
          std::pair("admin", Interface::Admin), std::pair("adminURL", Interface::Admin)}) {
      const auto config = config_with(password_variables(), {{std::string(variable), spelling}});
      ASSERT_TRUE(config.ok()) << config.status();
      EXPECT_EQ(config->interface, interface) << spelling;
    }
  }
}

TEST(SettingsTest, InsecureInAllSpellings) {
  for (const std::string yes : {"true", "True", "yes", "1", "on"}) {
    EXPECT_TRUE(config_with(password_variables(), {{"OS_INSECURE", yes}})->insecure) << yes;
  }
  for (const std::string no : {"", "false", "no", "0", "OFF"}) {
    EXPECT_FALSE(config_with(password_variables(), {{"OS_INSECURE", no}})->insecure) << no;
  }
}

struct Fault {
  Variables changes;
  std::string_view message;
};

class FaultySettings : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultySettings, NameTheVariableAndTheSource) {
  const auto config = config_with(password_variables(), GetParam().changes);
  ASSERT_TRUE(absl::IsInvalidArgument(config.status())) << config.status();
  EXPECT_THAT(base::message_of(config.status()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FaultySettings,
    ::testing::Values(
        Fault{{{"OS_AUTH_URL", ""}}, "os.env: OS_AUTH_URL is not set"},
        Fault{{{"OS_AUTH_URL", "cloud:5000"}}, "os.env: OS_AUTH_URL must be a URL like https://"},
        Fault{{{"OS_USERNAME", ""}}, "os.env: OS_USERNAME is not set"},
        Fault{{{"OS_PASSWORD", ""}}, "os.env: OS_PASSWORD is not set"},
        Fault{{{"OS_PROJECT_NAME", ""}}, "os.env: OS_PROJECT_NAME is not set"},
        Fault{{{"OS_INTERFACE", "private"}}, "OS_INTERFACE must be public, internal or admin"},
        Fault{{{"OS_ENDPOINT_TYPE", "url"}, {"OS_INTERFACE", "x"}}, "OS_INTERFACE must be"},
        Fault{{{"OS_INSECURE", "perhaps"}}, "os.env: OS_INSECURE must be true or false"},
        Fault{{{"OS_AUTH_TYPE", "v3kerberos"}}, "OS_AUTH_TYPE 'v3kerberos' is not supported"},
        Fault{{{"OS_AUTH_PLUGIN", "token"}}, "OS_AUTH_PLUGIN 'token' is not supported"},
        Fault{{{"OS_PROJECT_NAME", ""}, {"OS_SYSTEM_SCOPE", "all"}},
              "OS_SYSTEM_SCOPE is set: the agent works in a project"},
        Fault{{{"OS_IMAGE_ENDPOINT_OVERRIDE", "image"}},
              "OS_IMAGE_ENDPOINT_OVERRIDE must be a URL"},
        Fault{{{"OS_AUTH_TYPE", "v3applicationcredential"}},
              "OS_APPLICATION_CREDENTIAL_ID is not set"},
        Fault{{{"OS_APPLICATION_CREDENTIAL_ID", "c"}},
              "OS_APPLICATION_CREDENTIAL_SECRET is not set"},
        Fault{{{"OS_APPLICATION_CREDENTIAL_NAME", "c"}, {"OS_USERNAME", ""}},
              "OS_USERNAME is not set: an application credential given by name needs its user"}));

TEST(SettingsTest, KeystoneUrls) {
  for (const auto& [url, expected] :
       {std::pair("http://c:5000/v3", "http://c:5000/v3"),
        std::pair("http://c:5000/v3/", "http://c:5000/v3"),
        std::pair("http://c:5000/v2.0", "http://c:5000/v3"),
        std::pair("http://c:5000/v2.0/", "http://c:5000/v3"),
        std::pair("http://c:5000", "http://c:5000/v3"),
        std::pair("https://c/identity//", "https://c/identity/v3"),
        std::pair("http://c:5000//v3", "http://c:5000/v3"),
        std::pair("http://c:5000/v3/auth/tokens", "http://c:5000/v3"),
        std::pair("http://c:5000/v2.0/tokens", "http://c:5000/v3"),
        std::pair("http://[2001:db8::1]:5000/", "http://[2001:db8::1]:5000/v3"),
        std::pair("https://v3", "https://v3/v3"),
        std::pair("https://c/identity/v2", "https://c/identity/v3")}) {
    EXPECT_EQ(keystone_v3_url(url).value_or("-"), expected) << url;
  }
  for (const std::string_view bad : {"", "c:5000", "ftp://c/v3", "http://", "https:///",
                                     "http://c /v3", "http://c/v3?x=1", "http://c/v3#x"}) {
    EXPECT_FALSE(keystone_v3_url(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace mex::openstack
