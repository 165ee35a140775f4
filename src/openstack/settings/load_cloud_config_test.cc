#include "openstack/settings/load_cloud_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/status.h"
#include "base/temporary_directory.h"
#include "openstack/settings/clouds_files.h"

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

TEST_F(CloudConfigTest, EveryPlaceOfTheSearchPath) {
  ASSERT_TRUE(base::make_directories(directory_.path() + "/.config/openstack", 0700).ok());
  ASSERT_TRUE(base::make_directories(directory_.path() + "/xdg/openstack", 0700).ok());
  ASSERT_TRUE(base::make_directories(directory_.path() + "/site/openstack", 0700).ok());
  const std::string base = directory_.path();
  const Variables environment = {{"HOME", base},
                                 {"XDG_CONFIG_HOME", base + "/xdg"},
                                 {"XDG_CONFIG_DIRS", "/nonexistent:" + base + "/site"},
                                 {"OS_PASSWORD", "p"}};
  const auto source = [&] {
    const auto config = load_cloud_config(environment);
    return config.ok() ? config->source : std::string(base::message_of(config.status()));
  };
  write(
      "site/openstack/clouds.json",
      R"({"clouds": {"one": {"auth": {"auth_url": "http://y", "username": "u", "project_name": "p"}}}})");
  EXPECT_THAT(source(), HasSubstr("/site/openstack/clouds.json, cloud one"));
  write(".config/openstack/clouds.yml", kClouds);
  EXPECT_THAT(source(), HasSubstr("/.config/openstack/clouds.yml, cloud one"));
  write("xdg/openstack/clouds.yaml", kClouds);
  EXPECT_THAT(source(), HasSubstr("/xdg/openstack/clouds.yaml, cloud one"));
}

TEST_F(CloudConfigTest, TheDashboardsCloudsYamlHasNoPassword) {
  const std::string clouds = write("clouds.yaml", kClouds);
  const auto config = load_cloud_config({{"OS_CLOUD", "one"}, {"OS_CLIENT_CONFIG_FILE", clouds}});
  EXPECT_THAT(
      base::message_of(config.status()),
      HasSubstr("cloud one: password is not set: write it there or into secure.yaml, or set "
                "OS_PASSWORD in the agent's own environment"));
  const auto with_password = load_cloud_config(
      {{"OS_CLOUD", "one"}, {"OS_CLIENT_CONFIG_FILE", clouds}, {"OS_PASSWORD", "typed"}});
  ASSERT_TRUE(with_password.ok()) << with_password.status();
  EXPECT_EQ(std::get<PasswordLogin>(with_password->login).password.reveal(), "typed");
}

TEST_F(CloudConfigTest, OsRegionNameBesideOsCloud) {
  const std::string clouds = write(
      "clouds.yaml",
      "clouds: {one: {regions: [A, B], auth: {auth_url: 'http://y', username: u, project_name: p, "
      "password: s}}}");
  Variables environment = {
      {"OS_CLOUD", "one"}, {"OS_CLIENT_CONFIG_FILE", clouds}, {"OS_REGION_NAME", "B"}};
  EXPECT_EQ(load_cloud_config(environment)->region, "B");
  environment["OS_REGION_NAME"] = "C";
  EXPECT_THAT(base::message_of(load_cloud_config(environment).status()),
              HasSubstr("OS_REGION_NAME 'C' is none of its regions (A, B)"));
  // A file that names the cloud chooses its region itself.
  environment["MEX_K8SOS_ENV"] = write("os.env", "OS_CLOUD=one");
  EXPECT_EQ(load_cloud_config(environment)->region, "A");
  environment["MEX_K8SOS_ENV"] = write("os.env", "OS_CLOUD=one\nOS_REGION_NAME=B");
  EXPECT_EQ(load_cloud_config(environment)->region, "B");
}

TEST_F(CloudConfigTest, ProfilesComeFromFiles) {
  const std::string clouds =
      write("clouds.yaml",
            "clouds: {one: {profile: v, auth: {username: u, password: s, project_name: p}}}");
  const Variables environment = {{"OS_CLIENT_CONFIG_FILE", clouds}, {"HOME", directory_.path()}};
  const auto none = find_clouds_yaml(environment, "one", directory_.path());
  EXPECT_TRUE(absl::IsInvalidArgument(none.status())) << none.status();
  EXPECT_THAT(base::message_of(none.status()),
              HasSubstr("the profile 'v' is neither in a clouds-public.yaml nor among those of"));
  const std::string vendor =
      write("v.json", R"({"name": "v", "profile": {"auth": {"auth_url": "http://vendor"}}})");
  const auto of_vendor = find_clouds_yaml(environment, "one", directory_.path());
  ASSERT_TRUE(of_vendor.ok()) << of_vendor.status();
  EXPECT_EQ(of_vendor->get("auth_url"), "http://vendor");
  EXPECT_THAT(of_vendor->files, testing::ElementsAre(clouds, vendor));
  ASSERT_TRUE(base::make_directories(directory_.path() + "/.config/openstack", 0700).ok());
  write(".config/openstack/clouds-public.yaml",
        "public-clouds: {v: {auth: {auth_url: 'http://public'}}, w: {}}");
  EXPECT_EQ(find_clouds_yaml(environment, "one", directory_.path())->get("auth_url"),
            "http://public");
}

TEST_F(CloudConfigTest, AnUnknownProfileIsAWarningWhereTheEntryIsWhole) {
  const std::string clouds =
      write("clouds.yaml", "clouds: {one: {profile: 'https://v', auth: {auth_url: 'http://y'}}}");
  const auto settings =
      find_clouds_yaml({{"OS_CLIENT_CONFIG_FILE", clouds}}, "one", directory_.path());
  ASSERT_TRUE(settings.ok()) << settings.status();
  ASSERT_EQ(settings->warnings.size(), 1U);
  EXPECT_THAT(settings->warnings[0], HasSubstr("profiles that are URLs are not fetched"));
}

TEST_F(CloudConfigTest, MexK8sosEnvMayBeACloudsYaml) {
  const std::string clouds = write("clouds.yaml", kClouds);
  const auto config = load_cloud_config({{"MEX_K8SOS_ENV", clouds}, {"OS_PASSWORD", "p"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->source, clouds + ", cloud one");
  const auto missing = load_cloud_config({{"MEX_K8SOS_ENV", "/nonexistent/clouds.yaml"}});
  EXPECT_TRUE(absl::IsInvalidArgument(missing.status())) << missing.status();
  EXPECT_THAT(base::message_of(missing.status()), HasSubstr("MEX_K8SOS_ENV: "));
}

TEST_F(CloudConfigTest, CertificateFilesAreReadAndMayLieInTheHomeDirectory) {
  write("ca.pem", "CA");
  write("cert.pem", "CERTIFICATE");
  write("key.pem", "-----BEGIN PRIVATE KEY-----");
  const std::string entry =
      "auth: {auth_url: 'http://y', username: u, password: s, project_name: p}, cacert: ~/ca.pem";
  const auto load = [&](const std::string& more) {
    return load_cloud_config(
        {{"OS_CLOUD", "one"},
         {"HOME", directory_.path()},
         {"OS_CLIENT_CONFIG_FILE", write("clouds.yaml", "clouds: {one: {" + entry + more + "}}")}});
  };
  const auto config = load(", cert: ~/cert.pem, key: ~/key.pem");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->ca_file, directory_.path() + "/ca.pem");
  EXPECT_EQ(config->client_certificate_pem, "CERTIFICATE");
  EXPECT_EQ(config->client_key_pem.reveal(), "-----BEGIN PRIVATE KEY-----");
  EXPECT_EQ(load(", cert: ~/key.pem")->client_key_pem.reveal(), "-----BEGIN PRIVATE KEY-----");
  EXPECT_THAT(base::message_of(load(", cert: ~/cert.pem").status()),
              HasSubstr("cert names a file that holds no private key"));
  EXPECT_THAT(base::message_of(load(", key: ~/key.pem").status()), HasSubstr("cert is not set"));
  EXPECT_THAT(base::message_of(load(", cert: ~/none.pem").status()), HasSubstr("/none.pem"));
}

TEST_F(CloudConfigTest, ACaFileThatIsNotThereIsSaidBeforeTheFirstCall) {
  const auto config = load_cloud_config({{"OS_AUTH_URL", "http://environment:5000"},
                                         {"OS_USERNAME", "demo"},
                                         {"OS_PASSWORD", "p"},
                                         {"OS_PROJECT_NAME", "edge"},
                                         {"OS_CACERT", "/nonexistent/ca.pem"}});
  EXPECT_TRUE(absl::IsInvalidArgument(config.status())) << config.status();
  EXPECT_THAT(base::message_of(config.status()), HasSubstr("environment: OS_CACERT: "));
  EXPECT_THAT(base::message_of(config.status()), HasSubstr("/nonexistent/ca.pem"));
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
  EXPECT_THAT(base::message_of(config.status()), HasSubstr("os.env:1: the single quote"));
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

TEST_F(CloudConfigTest, TheEnvironmentOfTheProcess) {
  setenv("OS_MEX_PROBE", "a=b", 1);
  const Variables variables = process_variables();
  unsetenv("OS_MEX_PROBE");
  EXPECT_EQ(variables.at("OS_MEX_PROBE"), "a=b");
}

}  // namespace
}  // namespace mex::openstack
