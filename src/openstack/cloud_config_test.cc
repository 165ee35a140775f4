#include "openstack/cloud_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/status.h"
#include "base/temporary_directory.h"

namespace mex::openstack {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kOsEnv =
    "export OS_AUTH_URL=http://file:5000\nexport OS_USERNAME=demo\n"
    "export OS_PASSWORD=p\nexport OS_PROJECT_NAME=edge\n";
constexpr std::string_view kClouds =
    "clouds: {one: {auth: {auth_url: 'http://yaml:5000', username: u, project_name: p}}}";
constexpr std::string_view kSecure =
    "clouds: {one: {auth: {password: from-secure}}, other: {auth: {password: x}}}";

// A fresh directory, with no other file than those the test writes.
class CloudConfigTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view content) const {
    const std::string path = directory_.path() + "/" + name;
    EXPECT_TRUE(base::write_file_atomically(path, content, 0600).ok());
    return path;
  }

  const base::TemporaryDirectory directory_;
};

TEST_F(CloudConfigTest, TheOsEnvFileComesFirstAndStandsAlone) {
  const std::string path = write("os.env", kOsEnv);
  const auto config = load_cloud_config({{"MEX_K8SOS_ENV", path},
                                         {"OS_AUTH_URL", "http://environment:5000"},
                                         {"OS_REGION_NAME", "not-this"},
                                         {"OS_CLOUD", "nor-this"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->source, path);
  EXPECT_EQ(config->auth_url, "http://file:5000/v3");
  EXPECT_EQ(config->region, "");
}

TEST_F(CloudConfigTest, AnOsEnvFileMayNameACloud) {
  const std::string clouds = write("clouds.yaml", kClouds);
  const std::string secure = write("secure.yaml", kSecure);
  const std::string path = write("os.env", "OS_CLOUD=one OS_CLIENT_CONFIG_FILE=" + clouds +
                                               " OS_CLIENT_SECURE_FILE=" + secure);
  const auto config = load_cloud_config({{"MEX_K8SOS_ENV", path}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->auth_url, "http://yaml:5000/v3");
}

TEST_F(CloudConfigTest, ACloudByNameWithItsPasswordApart) {
  const auto config = load_cloud_config({{"OS_CLOUD", "one"},
                                         {"OS_AUTH_URL", "http://environment:5000"},
                                         {"OS_CLIENT_CONFIG_FILE", write("clouds.yaml", kClouds)},
                                         {"OS_CLIENT_SECURE_FILE", write("secure.yaml", kSecure)}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->auth_url, "http://yaml:5000/v3");
  EXPECT_EQ(std::get<PasswordLogin>(config->login).password.reveal(), "from-secure");
}

TEST_F(CloudConfigTest, TheSearchPathOfTheHomeDirectory) {
  ASSERT_TRUE(base::make_directories(directory_.path() + "/.config/openstack", 0700).ok());
  write(".config/openstack/clouds.yaml", kClouds);
  write(".config/openstack/secure.yaml", kSecure);
  const auto config = load_cloud_config({{"HOME", directory_.path()}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->source, HasSubstr("/.config/openstack/clouds.yaml, cloud one"));
  EXPECT_EQ(std::get<PasswordLogin>(config->login).password.reveal(), "from-secure");
  const auto elsewhere = load_cloud_config(
      {{"HOME", "/nonexistent"}, {"XDG_CONFIG_HOME", directory_.path() + "/.config"}});
  EXPECT_TRUE(elsewhere.ok()) << elsewhere.status();
}

TEST_F(CloudConfigTest, TheEnvironmentItself) {
  const auto config = load_cloud_config({{"OS_AUTH_URL", "http://environment:5000"},
                                         {"OS_USERNAME", "demo"},
                                         {"OS_PASSWORD", "p"},
                                         {"OS_PROJECT_NAME", "edge"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->source, "environment");
}

TEST_F(CloudConfigTest, WithoutAnySourceItSaysWhatToDo) {
  const auto config = load_cloud_config({{"HOME", directory_.path()}});
  EXPECT_TRUE(absl::IsFailedPrecondition(config.status())) << config.status();
  for (const std::string_view word : {"MEX_K8SOS_ENV", "OS_CLOUD", "OS_AUTH_URL"}) {
    EXPECT_THAT(base::message_of(config.status()), HasSubstr(word));
  }
}

TEST_F(CloudConfigTest, FilesThatCannotBeReadAreNamed) {
  const auto os_env = load_cloud_config({{"MEX_K8SOS_ENV", "/nonexistent/os.env"}});
  EXPECT_TRUE(absl::IsInvalidArgument(os_env.status())) << os_env.status();
  EXPECT_THAT(base::message_of(os_env.status()), HasSubstr("MEX_K8SOS_ENV: "));
  EXPECT_THAT(base::message_of(os_env.status()), HasSubstr("/nonexistent/os.env"));
  const auto clouds = load_cloud_config(
      {{"OS_CLOUD", "one"}, {"OS_CLIENT_CONFIG_FILE", "/nonexistent/clouds.yaml"}});
  EXPECT_TRUE(absl::IsInvalidArgument(clouds.status())) << clouds.status();
  EXPECT_THAT(base::message_of(clouds.status()), HasSubstr("/nonexistent/clouds.yaml"));
  const auto secure = load_cloud_config({{"OS_CLOUD", "one"},
                                         {"OS_CLIENT_CONFIG_FILE", write("c.yaml", kClouds)},
                                         {"OS_CLIENT_SECURE_FILE", "/nonexistent/secure.yaml"}});
  EXPECT_THAT(base::message_of(secure.status()), HasSubstr("/nonexistent/secure.yaml"));
}

TEST_F(CloudConfigTest, FaultsInAFileAreReported) {
  const auto config = load_cloud_config({{"MEX_K8SOS_ENV", write("os.env", "A='x\n")}});
  EXPECT_THAT(base::message_of(config.status()), HasSubstr("os.env:1: A: the single quote"));
  const auto missing =
      load_cloud_config({{"MEX_K8SOS_ENV", write("os.env", "OS_AUTH_URL=http://c")}});
  EXPECT_THAT(base::message_of(missing.status()), HasSubstr("os.env: OS_USERNAME is not set"));
}

TEST_F(CloudConfigTest, TheShippedExampleIsWhole) {
  const auto config = load_cloud_config({{"MEX_K8SOS_ENV", MEX_EXAMPLES "/.k8sopenstack.os.env"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->auth_url, "https://cloud.example:5000/v3");
  EXPECT_EQ(config->region, "RegionOne");
  const auto& login = std::get<PasswordLogin>(config->login);
  EXPECT_EQ(login.user_domain.name, "Default");
  EXPECT_EQ(login.project_name, "edge");
}

TEST_F(CloudConfigTest, OnlyTheVariablesInQuestionAreTakenFromTheProcess) {
  setenv("OS_MEX_PROBE", "a=b", 1);
  setenv("MEX_UNRELATED", "1", 1);
  const Variables variables = process_variables();
  unsetenv("OS_MEX_PROBE");
  unsetenv("MEX_UNRELATED");
  EXPECT_EQ(variables.at("OS_MEX_PROBE"), "a=b");
  EXPECT_FALSE(variables.contains("MEX_UNRELATED"));
}

}  // namespace
}  // namespace mex::openstack
