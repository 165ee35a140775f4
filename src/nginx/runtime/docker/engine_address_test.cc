#include "nginx/runtime/docker/engine_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/status.h"

namespace mex::nginx {
namespace {

using ::testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

absl::StatusOr<EngineAddress> address_of(const Variables& variables, bool has_docker = true) {
  return engine_address(
      [&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string() : found->second;
      },
      [has_docker](const char*) { return has_docker; });
}

TEST(EngineAddressTest, IsTheUsualSocket) {
  EXPECT_EQ(address_of({})->text(), "unix:///var/run/docker.sock");
  EXPECT_EQ(address_of({}, false)->text(), "unix:///run/podman/podman.sock");
}

TEST(EngineAddressTest, IsWhatDockersOwnClientWouldUse) {
  EXPECT_EQ(address_of({{"DOCKER_HOST", "unix:///x/y.sock"}})->unix_socket, "/x/y.sock");
  EXPECT_EQ(address_of({{"DOCKER_HOST", "tcp://127.0.0.1:2375"}})->url, "http://127.0.0.1:2375");
  const auto tls = address_of({{"DOCKER_HOST", "tcp://localhost:2376"},
                               {"DOCKER_TLS_VERIFY", "1"},
                               {"DOCKER_CERT_PATH", "/certs"},
                               {"DOCKER_API_VERSION", "1.39"}});
  ASSERT_TRUE(tls.ok()) << tls.status();
  EXPECT_EQ(tls->url, "https://127.0.0.1:2376");
  EXPECT_EQ(tls->tls_directory, "/certs");
  EXPECT_EQ(tls->api_version, "1.39");
  EXPECT_EQ(
      address_of(
          {{"DOCKER_HOST", "tcp://127.0.0.1:2376"}, {"DOCKER_TLS_VERIFY", "1"}, {"HOME", "/h"}})
          ->tls_directory,
      "/h/.docker");
}

TEST(EngineAddressTest, RefusalsNameTheVariable) {
  const std::pair<Variables, const char*> cases[] = {
      {{{"DOCKER_HOST", "ssh://a"}}, "DOCKER_HOST: must be unix"},
      {{{"DOCKER_HOST", "unix://relative"}}, "DOCKER_HOST: must be unix"},
      {{{"DOCKER_HOST", "unix:///" + std::string(107, 'x')}}, "DOCKER_HOST: must be unix"},
      {{{"DOCKER_HOST", "tcp://127.0.0.1"}}, "DOCKER_HOST: must be unix"},
      {{{"DOCKER_HOST", "tcp://10.0.0.1:2375"}}, "must be on this machine"},
      {{{"DOCKER_API_VERSION", "v1.37"}}, "DOCKER_API_VERSION: must be a version"},
      {{{"DOCKER_API_VERSION", "1"}}, "DOCKER_API_VERSION: must be a version"},
      {{{"DOCKER_API_VERSION", "1.2.3"}}, "DOCKER_API_VERSION: must be a version"},
  };
  for (const auto& [variables, text] : cases) {
    const auto address = address_of(variables);
    EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(base::message_of(address.status())), HasSubstr(text));
  }
}

}  // namespace
}  // namespace mex::nginx
