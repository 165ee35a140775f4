#include "openstack/clouds_yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::openstack {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kTwoClouds = R"(
clouds:
  one:
    region_name: RegionOne
    interface: internal
    verify: false
    auth:
      auth_url: http://cloud.example:5000
      username: demo
      password: "12=34"
      project_name: edge
      user_domain_name: Default
  two:
    auth_type: v3applicationcredential
    auth:
      auth_url: http://cloud.example:5000
      application_credential_id: c1
      application_credential_secret: s1
)";

TEST(CloudsYamlTest, ThePasswordEntry) {
  const auto entry = parse_clouds_yaml(kTwoClouds, "clouds.yaml", "one");
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->cloud, "one");
  EXPECT_EQ(entry->settings.source, "clouds.yaml, cloud one");
  const auto config = config_from_settings(entry->settings);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->region, "RegionOne");
  EXPECT_EQ(config->interface, Interface::Internal);
  EXPECT_TRUE(config->insecure);
  EXPECT_EQ(std::get<PasswordLogin>(config->login).password.reveal(), "12=34");
}

TEST(CloudsYamlTest, TheApplicationCredentialEntry) {
  const auto entry = parse_clouds_yaml(kTwoClouds, "clouds.yaml", "two");
  ASSERT_TRUE(entry.ok()) << entry.status();
  const auto config = config_from_settings(entry->settings);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(std::get<ApplicationCredential>(config->login).id, "c1");
}

TEST(CloudsYamlTest, TheOnlyCloudNeedsNoName) {
  const auto entry = parse_clouds_yaml("clouds: {only: {auth: {username: u}}}", "f", "");
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->cloud, "only");
  EXPECT_EQ(entry->settings.get("username"), "u");
}

TEST(CloudsYamlTest, MissingSettingsAreNamedAsInTheFile) {
  const auto entry = parse_clouds_yaml("clouds: {one: {auth: {auth_url: 'http://c', username: u}}}",
                                       "clouds.yaml", "one");
  const auto config = config_from_settings(entry->settings);
  EXPECT_EQ(base::message_of(config.status()), "clouds.yaml, cloud one: password is not set");
}

TEST(CloudsYamlTest, AChoiceMustBeMadeAndMustExist) {
  const auto none = parse_clouds_yaml(kTwoClouds, "clouds.yaml", "");
  EXPECT_TRUE(absl::IsFailedPrecondition(none.status()));
  EXPECT_THAT(base::message_of(none.status()), HasSubstr("(one, two): choose one with OS_CLOUD"));
  const auto wrong = parse_clouds_yaml(kTwoClouds, "clouds.yaml", "three");
  EXPECT_TRUE(absl::IsNotFound(wrong.status()));
  EXPECT_THAT(base::message_of(wrong.status()), HasSubstr("no cloud 'three' (it has: one, two)"));
}

TEST(CloudsYamlTest, FaultyFilesAreNamedWithTheLine) {
  for (const auto& [text, message] :
       {std::pair("clouds:\n  one: [\n", "clouds.yaml:"), std::pair("\t- x", "clouds.yaml:1: "),
        std::pair("", "must be a mapping with the key 'clouds'"),
        std::pair("- a\n- b", "must be a mapping with the key 'clouds'"),
        std::pair("clouds: 7", "must be a mapping with the key 'clouds'"),
        std::pair("cloud: {}", "must be a mapping with the key 'clouds'"),
        std::pair("clouds:\n  one: 7\n", "clouds.yaml:2: clouds.one must be a mapping"),
        std::pair("clouds:\n  one:\n    auth: [1]\n",
                  "clouds.yaml:3: clouds.one.auth must be a mapping"),
        std::pair("clouds: {one: {auth: {password: \"a\\0b\"}}}", "password holds a zero byte")}) {
    const auto entry = parse_clouds_yaml(text, "clouds.yaml", "one");
    EXPECT_TRUE(absl::IsInvalidArgument(entry.status())) << text;
    EXPECT_THAT(base::message_of(entry.status()), HasSubstr(message)) << text;
  }
}

}  // namespace
}  // namespace mex::openstack
