#include "openstack/settings/clouds_yaml.h"

#include <fmt/format.h>
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

absl::StatusOr<Settings> merged(std::string_view text, std::string_view region = "",
                                std::string_view cloud = "one") {
  auto entry = parse_clouds_yaml(text, "clouds.yaml", cloud);
  if (!entry.ok()) return entry.status();
  return merge_cloud(CloudEntry(), *std::move(entry), region);
}

TEST(CloudsYamlTest, MergeKeysAndAnchors) {
  const auto settings = merged(R"(
defaults: &defaults
  region_name: RegionOne
  interface: internal
  auth: &auth {auth_url: 'http://c:5000', username: demo, password: p}
more: &more {interface: admin, identity_api_version: 3}
clouds:
  one:
    <<: [*defaults, *more]
    region_name: RegionTwo
    auth:
      <<: *auth
      project_name: edge
)");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->get("region_name"), "RegionTwo");
  EXPECT_EQ(settings->get("interface"), "internal");
  EXPECT_EQ(settings->get("identity_api_version"), "3");
  EXPECT_EQ(settings->get("username"), "demo");
  EXPECT_EQ(settings->get("project_name"), "edge");
  EXPECT_EQ(settings->get("<<"), "");
}

TEST(CloudsYamlTest, AMergeOfTheWholeListOfClouds) {
  const auto entry = parse_clouds_yaml(
      "base: &base {one: {auth: {username: u}}}\nclouds: {<<: *base, two: {}}", "f", "one");
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->settings.get("username"), "u");
}

TEST(CloudsYamlTest, MergesThatNeverEndAreRefused) {
  std::string bomb = "a0: &a0 {x: y}\n";
  for (int i = 1; i <= 15; ++i) {
    bomb += fmt::format("a{}: &a{} {{<<: [*a{}, *a{}, *a{}]}}\n", i, i, i - 1, i - 1, i - 1);
  }
  bomb += "clouds: {one: {<<: *a15}}";
  for (const std::string& text : {std::string("clouds: {one: &a {<<: *a}}"), bomb}) {
    const auto entry = parse_clouds_yaml(text, "clouds.yaml", "one");
    EXPECT_TRUE(absl::IsInvalidArgument(entry.status())) << entry.status();
    EXPECT_THAT(base::message_of(entry.status()), HasSubstr("merges too many mappings"));
  }
}

constexpr std::string_view kRegions = R"(
clouds:
  one:
    regions:
      - name: North
        values: {auth: {project_name: north}, image_endpoint_override: 'http://n/image'}
      - South
    auth: {auth_url: 'https://{region_name}.c:5000', username: u, password: '{p}', project_name: x}
)";

TEST(CloudsYamlTest, TheFirstRegionOfSeveralIsUsedAndThatIsSaid) {
  const auto settings = merged(kRegions);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->get("region_name"), "North");
  EXPECT_EQ(settings->get("project_name"), "north");
  EXPECT_EQ(settings->get("auth_url"), "https://North.c:5000");
  EXPECT_EQ(settings->get("image_endpoint_override"), "http://n/image");
  EXPECT_EQ(settings->get("password"), "{p}");
  ASSERT_EQ(settings->warnings.size(), 1U);
  EXPECT_THAT(settings->warnings[0], HasSubstr("of 2 regions the first one is used, North"));
}

TEST(CloudsYamlTest, OsRegionNameChoosesTheRegion) {
  const auto settings = merged(kRegions, "South");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->get("region_name"), "South");
  EXPECT_EQ(settings->get("project_name"), "x");
  EXPECT_TRUE(settings->warnings.empty());
  const auto unknown = merged(kRegions, "West");
  EXPECT_EQ(base::message_of(unknown.status()),
            "clouds.yaml, cloud one: OS_REGION_NAME 'West' is none of its regions (North, South)");
  const auto of_the_entry = merged("clouds: {one: {region_name: North}}", "South");
  EXPECT_THAT(base::message_of(of_the_entry.status()), HasSubstr("(North)"));
  const auto of_nobody = merged("clouds: {one: {auth: {}}}", "South");
  EXPECT_EQ(of_nobody->get("region_name"), "South");
}

TEST(CloudsYamlTest, OldListsOfRegions) {
  EXPECT_EQ(merged("clouds: {one: {region_name: 'a,b'}}", "b")->get("region_name"), "b");
  EXPECT_EQ(merged("clouds: {one: {region_name: [a, b]}}", "b")->get("region_name"), "b");
  EXPECT_EQ(merged("clouds: {one: {region-name: a}}")->get("region_name"), "a");
}

TEST(CloudsYamlTest, AProfileLiesBelowTheEntry) {
  auto profile = parse_clouds_public_yaml(
      "public-clouds: {vendor: {auth: {auth_url: 'http://v'}, interface: admin, regions: [V]}}",
      "clouds-public.yaml", "vendor");
  ASSERT_TRUE(profile.ok()) << profile.status();
  auto entry = parse_clouds_yaml("clouds: {one: {profile: vendor, interface: internal}}",
                                 "clouds.yaml", "one");
  const auto settings = merge_cloud(*std::move(profile), *std::move(entry), "");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->get("auth_url"), "http://v");
  EXPECT_EQ(settings->get("interface"), "internal");
  EXPECT_EQ(settings->get("region_name"), "V");
  EXPECT_EQ(settings->source, "clouds.yaml, cloud one");
}

TEST(CloudsYamlTest, AVendorsFile) {
  const auto profile = parse_vendor_profile(
      R"({"name": "v", "profile": {"auth": {"auth_url": "https://{region_name}.v/"}, "regions": ["A"]}})",
      "v.json");
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->cloud, "v");
  EXPECT_EQ(profile->regions.at(0).name, "A");
  const auto gone = parse_vendor_profile(
      R"({"name": "v", "profile": {"status": "shutdown", "message": "moved"}})", "v.json");
  EXPECT_EQ(base::message_of(gone.status()), "v.json: the cloud v is shutdown: moved");
  EXPECT_THAT(base::message_of(parse_vendor_profile("{}", "v.json").status()),
              HasSubstr("v.json: must be a mapping with the keys"));
}

TEST(CloudsYamlTest, ABraceThatNamesNoSettingIsNamed) {
  EXPECT_EQ(
      base::message_of(merged("clouds: {one: {auth: {auth_url: 'http://{region}.c'}}}").status()),
      "clouds.yaml, cloud one: auth_url needs {region}, which is not set");
}

TEST(CloudsYamlTest, FaultsInsideOfAnEntryAreNamedWithTheLine) {
  for (const auto& [text, message] :
       {std::pair("clouds:\n  one:\n    <<: 7\n", "clouds.yaml:3: '<<' must be a mapping"),
        std::pair("clouds:\n  one:\n    <<: [a]\n", "clouds.yaml:3: '<<' must be a mapping"),
        std::pair("clouds:\n  one:\n    regions: [{}]\n",
                  "clouds.yaml:3: a region of clouds.one has no name"),
        std::pair("clouds:\n  one:\n    regions: [[a]]\n",
                  "clouds.yaml:3: a region of clouds.one must be a mapping")}) {
    const auto entry = parse_clouds_yaml(text, "clouds.yaml", "one");
    EXPECT_TRUE(absl::IsInvalidArgument(entry.status())) << text;
    EXPECT_THAT(base::message_of(entry.status()), HasSubstr(message)) << text;
  }
}

}  // namespace
}  // namespace mex::openstack
