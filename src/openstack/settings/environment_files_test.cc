// What the tools of the field write, as it stands on people's disks: each works as MEX_K8SOS_ENV.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>

#include "base/file.h"
#include "base/status.h"
#include "base/temporary_directory.h"
#include "openstack/settings/load_cloud_config.h"

namespace mex::openstack {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kHorizon = R"RC(#!/usr/bin/env bash
# Comments of many lines, with $signs, 'quotes and "more of them.
export OS_AUTH_URL="https://cloud.example:5000/v3"
export OS_PROJECT_ID="0a1b2c3d4e5f60718293a4b5c6d7e8f9"
export OS_PROJECT_NAME="edge"
export OS_USER_DOMAIN_NAME="Default"
if [ -z "$OS_USER_DOMAIN_NAME" ]; then unset OS_USER_DOMAIN_NAME; fi
export OS_PROJECT_DOMAIN_ID="default"
if [ -z "$OS_PROJECT_DOMAIN_ID" ]; then unset OS_PROJECT_DOMAIN_ID; fi

unset OS_TENANT_ID
unset OS_TENANT_NAME

export OS_USERNAME="demo"

echo "Please enter your OpenStack Password for project $OS_PROJECT_NAME as user $OS_USERNAME: "
read -sr OS_PASSWORD_INPUT
export OS_PASSWORD=$OS_PASSWORD_INPUT

export OS_REGION_NAME=""
if [ -z "$OS_REGION_NAME" ]; then unset OS_REGION_NAME; fi

export OS_INTERFACE=public
export OS_IDENTITY_API_VERSION=3
)RC";

constexpr std::string_view kKolla = R"RC(# Ansible managed
for key in $( set | awk '{FS="="}  /^OS_/ {print $1}' ); do unset $key ; done
export OS_PROJECT_DOMAIN_NAME='Default'
export OS_USER_DOMAIN_NAME='Default'
export OS_PROJECT_NAME='admin'
export OS_TENANT_NAME='admin'
export OS_USERNAME='admin'
export OS_PASSWORD='x1y2z3'
export OS_AUTH_URL='http://10.0.0.10:35357'
export OS_INTERFACE='internal'
export OS_ENDPOINT_TYPE='internalURL'
export OS_MANILA_ENDPOINT_TYPE='internalURL'
export OS_IDENTITY_API_VERSION='3'
export OS_REGION_NAME='RegionOne'
export OS_AUTH_PLUGIN='password'
)RC";

constexpr std::string_view kTripleO = R"RC(# Clears what was there
for key in $( set | awk -F= '/^OS_/ {print $1}' ); do unset "${key}" ; done
export OS_NO_CACHE=True
export COMPUTE_API_VERSION=1.1
export no_proxy=,10.0.0.4,192.168.24.9
export OS_VOLUME_API_VERSION=3
export OS_CLOUDNAME=overcloud
export OS_AUTH_URL=http://10.0.0.4:5000//v3
export NOVA_VERSION=1.1
export OS_IMAGE_API_VERSION=2
export OS_USERNAME=admin
export OS_PASSWORD=pAsS
export OS_PROJECT_DOMAIN_NAME=Default
export OS_USER_DOMAIN_NAME=Default
export OS_IDENTITY_API_VERSION=3
export OS_PROJECT_NAME=admin
export OS_AUTH_TYPE=password
export OS_REGION_NAME=regionOne
export PYTHONWARNINGS="ignore:Certificate has no, ignore:A true SSLContext object is not available"
export IRONIC_API_VERSION=1.34
export OS_BAREMETAL_API_VERSION=$IRONIC_API_VERSION

if [ -z "${CLOUDPROMPT_ENABLED:-}" ]; then
    export PS1=${PS1:-""}
    export PS1=\${OS_CLOUDNAME:+"(\$OS_CLOUDNAME)"}\ $PS1
    export CLOUDPROMPT_ENABLED=1
fi
)RC";

constexpr std::string_view kPackstack = R"RC(unset OS_SERVICE_TOKEN
    export OS_USERNAME=admin
    export OS_PASSWORD='c4c37bcc'
    export OS_REGION_NAME=RegionOne
    export OS_AUTH_URL=http://192.168.56.113:5000/v3
    export PS1='[\u@\h \W(keystone_admin)]\$ '

export OS_PROJECT_NAME=admin
export OS_USER_DOMAIN_NAME=Default
export OS_PROJECT_DOMAIN_NAME=Default
export OS_IDENTITY_API_VERSION=3
)RC";

constexpr std::string_view kOldPackstack = R"RC(export OS_USERNAME=admin
export OS_TENANT_NAME=admin
export OS_PASSWORD=swordfish
export OS_AUTH_URL=http://192.168.122.101:35357/v2.0/
export PS1='[\u@\h \W(keystone_admin)]\$ ')RC";  // no newline at the end

constexpr std::string_view kDevstackAccount = R"RC(# OpenStack USER_NAME demo credentials
export OS_CACERT=""
export OS_PROJECT_NAME="demo"
export OS_USERNAME="demo"
export OS_PASSWORD="nomoresecret"
export OS_AUTH_URL="http://192.168.10.5/identity"
export OS_USER_DOMAIN_ID="default"
export OS_PROJECT_DOMAIN_ID="default"
export NOVA_CERT="$ACCOUNT_DIR/cacert.pem"
export OS_AUTH_TYPE=password
unset OS_SERVICE_TOKEN
unset OS_SERVICE_ENDPOINT
)RC";

constexpr std::string_view kDevstackOpenrc = R"RC(#!/usr/bin/env bash
if [[ -n "$1" ]]; then
    OS_USERNAME=$1
fi
if [[ -n "$2" ]]; then
    OS_PROJECT_NAME=$2
fi
RC_DIR=$(cd $(dirname "${BASH_SOURCE:-$0}") && pwd)
source $RC_DIR/functions
source $RC_DIR/stackrc
if [[ -r $RC_DIR/.stackenv ]]; then
    source $RC_DIR/.stackenv
    export OS_CACERT
fi
export OS_PROJECT_NAME=${OS_PROJECT_NAME:-demo}
export OS_TENANT_NAME=$OS_PROJECT_NAME
export OS_USERNAME=${OS_USERNAME:-demo}
export OS_PASSWORD=${ADMIN_PASSWORD:-secret}
HOST_IP=${HOST_IP:-127.0.0.1}
SERVICE_HOST=${SERVICE_HOST:-$HOST_IP}
SERVICE_PROTOCOL=${SERVICE_PROTOCOL:-http}
KEYSTONE_AUTH_PROTOCOL=${KEYSTONE_AUTH_PROTOCOL:-$SERVICE_PROTOCOL}
KEYSTONE_AUTH_HOST=${KEYSTONE_AUTH_HOST:-$SERVICE_HOST}
export OS_AUTH_URL=$KEYSTONE_AUTH_PROTOCOL://$KEYSTONE_AUTH_HOST:5000/v3
export OS_USER_DOMAIN_ID=${OS_USER_DOMAIN_ID:-"default"}
export OS_CACERT=$OS_CACERT
if [[ ! -v OS_CACERT ]] ; then
    DEFAULT_OS_CACERT=$INT_CA_DIR/ca-chain.pem
    if [ -z "$INT_CA_DIR" ]; then unset DEFAULT_OS_CACERT; fi
fi
)RC";

constexpr std::string_view kApplicationCredential = R"RC(#!/usr/bin/env bash

export OS_AUTH_TYPE=v3applicationcredential
export OS_AUTH_URL=https://cloud.example:13000
export OS_IDENTITY_API_VERSION=3
export OS_REGION_NAME="regionOne"
export OS_INTERFACE=public
export OS_APPLICATION_CREDENTIAL_ID=b0ac036ad1344c43ad9bbd2788075f91
export OS_APPLICATION_CREDENTIAL_SECRET=2SE75f-1QWoNd_8A
)RC";

constexpr std::string_view kAsksForEverything = R"RC(echo -n "Username: "
read OS_USERNAME
export OS_USERNAME=$OS_USERNAME
read -s -p "Password: " pass
export OS_PASSWORD=$pass
export OS_AUTH_URL=https://cloud.example:5000
export OS_PROJECT_NAME=edge
)RC";

class EnvironmentFilesTest : public ::testing::Test {
 protected:
  absl::StatusOr<CloudConfig> load(std::string_view text, Variables environment = {}) {
    path_ = directory_.path() + "/os.env";
    EXPECT_TRUE(base::write_file_atomically(path_, text, 0600).ok());
    environment["MEX_K8SOS_ENV"] = path_;
    environment["HOME"] = directory_.path();
    return load_cloud_config(environment);
  }

  PasswordLogin login(std::string_view text, Variables environment = {}) {
    const auto config = load(text, std::move(environment));
    EXPECT_TRUE(config.ok()) << config.status();
    return config.ok() ? std::get<PasswordLogin>(config->login) : PasswordLogin();
  }

  base::TemporaryDirectory directory_;
  std::string path_;
};

TEST_F(EnvironmentFilesTest, TheDashboardsFileSaysThatItAsksForThePassword) {
  const auto config = load(kHorizon);
  EXPECT_TRUE(absl::IsInvalidArgument(config.status())) << config.status();
  EXPECT_EQ(
      base::message_of(config.status()),
      fmt::format("{}:17: OS_PASSWORD is asked for at a terminal (read): write its value into "
                  "the file, or set OS_PASSWORD in the agent's own environment",
                  path_));
}

TEST_F(EnvironmentFilesTest, TheDashboardsFileWorksWithThePasswordOfTheEnvironment) {
  const PasswordLogin made = login(kHorizon, {{"OS_PASSWORD", "p w"}, {"OS_REGION_NAME", "other"}});
  EXPECT_EQ(made.password.reveal(), "p w");
  EXPECT_EQ(made.user_name, "demo");
  EXPECT_EQ(made.project_id, "0a1b2c3d4e5f60718293a4b5c6d7e8f9");
  EXPECT_EQ(made.user_domain.name, "Default");
  EXPECT_EQ(made.project_domain.id, "default");
  const auto config = load(kHorizon, {{"OS_PASSWORD", "p"}});
  EXPECT_EQ(config->region, "");
  EXPECT_EQ(config->interface, Interface::Public);
}

TEST_F(EnvironmentFilesTest, TheDashboardsFileWorksWithThePasswordWrittenIntoIt) {
  std::string text(kHorizon);
  text.replace(text.find("$OS_PASSWORD_INPUT"), 18, "'it$elf'");
  EXPECT_EQ(login(text).password.reveal(), "it$elf");
}

TEST_F(EnvironmentFilesTest, TheDashboardsFileOfAWindowsMachine) {
  std::string text = "\xef\xbb\xbf";
  for (const char c : kHorizon) text += c == '\n' ? "\r\n" : std::string(1, c);
  text.resize(text.size() - 2);
  const PasswordLogin made = login(text, {{"OS_PASSWORD", "p"}});
  EXPECT_EQ(made.user_name, "demo");
  EXPECT_EQ(made.project_name, "edge");
}

TEST_F(EnvironmentFilesTest, KollaAnsible) {
  const auto config = load(kKolla, {{"OS_PASSWORD", "other"}, {"OS_CACERT", "/nope"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->auth_url, "http://10.0.0.10:35357/v3");
  EXPECT_EQ(config->region, "RegionOne");
  EXPECT_EQ(config->interface, Interface::Internal);
  EXPECT_EQ(config->ca_file, "");
  EXPECT_EQ(std::get<PasswordLogin>(config->login).password.reveal(), "x1y2z3");
}

TEST_F(EnvironmentFilesTest, TripleO) {
  const auto config = load(kTripleO, {{"PS1", "$ "}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->auth_url, "http://10.0.0.4:5000/v3");
  EXPECT_EQ(config->region, "regionOne");
  EXPECT_EQ(std::get<PasswordLogin>(config->login).password.reveal(), "pAsS");
}

TEST_F(EnvironmentFilesTest, Packstack) {
  EXPECT_EQ(login(kPackstack).password.reveal(), "c4c37bcc");
  const auto config = load(kOldPackstack);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->auth_url, "http://192.168.122.101:35357/v3");
  EXPECT_EQ(std::get<PasswordLogin>(config->login).project_name, "admin");
}

TEST_F(EnvironmentFilesTest, Devstack) {
  const auto account = load(kDevstackAccount);
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(account->auth_url, "http://192.168.10.5/identity/v3");
  EXPECT_EQ(account->ca_file, "");
  const auto openrc = load(kDevstackOpenrc, {{"HOST_IP", "192.168.10.5"}});
  ASSERT_TRUE(openrc.ok()) << openrc.status();
  EXPECT_EQ(openrc->auth_url, "http://192.168.10.5:5000/v3");
  EXPECT_EQ(std::get<PasswordLogin>(openrc->login).password.reveal(), "secret");
}

TEST_F(EnvironmentFilesTest, ApplicationCredentials) {
  const auto config = load(kApplicationCredential, {{"OS_PASSWORD", "not used"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(std::get<ApplicationCredential>(config->login).secret.reveal(), "2SE75f-1QWoNd_8A");
}

// As test/openstack/up writes it.
TEST_F(EnvironmentFilesTest, TheLocalOpenStacksDemoRc) {
  const auto config = load(
      "unset ${!OS_*}\nexport OS_AUTH_URL=http://127.0.0.1:28500/v3\n"
      "export OS_IDENTITY_API_VERSION=3\nexport OS_REGION_NAME=RegionOne\n"
      "export OS_INTERFACE=public\nexport OS_USERNAME=demo\nexport OS_PASSWORD=secret\n"
      "export OS_PROJECT_NAME=demo\nexport OS_USER_DOMAIN_NAME=Default\n"
      "export OS_PROJECT_DOMAIN_NAME=Default\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->region, "RegionOne");
}

TEST_F(EnvironmentFilesTest, AFileThatAsksForEverythingNamesWhatIsMissing) {
  EXPECT_THAT(base::message_of(load(kAsksForEverything).status()),
              HasSubstr(":2: OS_USERNAME is asked for at a terminal"));
  EXPECT_THAT(base::message_of(load(kAsksForEverything, {{"OS_USERNAME", "demo"}}).status()),
              HasSubstr(":4: OS_PASSWORD is asked for at a terminal"));
  EXPECT_EQ(login(kAsksForEverything, {{"OS_USERNAME", "demo"}, {"OS_PASSWORD", "p"}}).user_name,
            "demo");
}

TEST_F(EnvironmentFilesTest, ASettingThatOnlyAShellHasIsNamed) {
  const std::string rest =
      "OS_USERNAME=u\nOS_PASSWORD=p\nOS_PROJECT_NAME=e\nOS_AUTH_URL=http://c\n";
  EXPECT_THAT(base::message_of(load(rest + "OS_CACERT=$(find / -name ca.pem)").status()),
              HasSubstr("os.env:5: OS_CACERT is the output of a command"));
  EXPECT_THAT(base::message_of(load(rest + "OS_PASSWORD=pa$word").status()),
              HasSubstr("os.env:5: OS_PASSWORD holds $word, which is set neither"));
  EXPECT_THAT(base::message_of(load(rest + "OS_CLOUD=$(cat cloud)").status()),
              HasSubstr("os.env:5: OS_CLOUD is the output of a command"));
  EXPECT_THAT(base::message_of(load("OS_AUTH_URL=$KEYSTONE_URI").status()),
              HasSubstr("os.env:1: OS_AUTH_URL is $KEYSTONE_URI, which is set neither"));
  // Of these none is needed.
  const auto config = load(rest + "OS_TOKEN=$(openstack token issue)\nOS_CACERT=$MY_CACERT\n");
  EXPECT_TRUE(config.ok()) << config.status();
}

TEST_F(EnvironmentFilesTest, NamesOfSettingsAreShownAndNoValues) {
  const auto config = load(kKolla);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->settings, ::testing::Contains("OS_PASSWORD"));
  EXPECT_THAT(config->files, ::testing::ElementsAre(path_));
}

}  // namespace
}  // namespace mex::openstack
