#include "nginx/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

#include "base/clock.h"
#include "base/file.h"
#include "base/temporary_directory.h"
#include "nginx/nginx_program.h"
#include "nginx/testing.h"
#include "tls/testing.h"

namespace mex::nginx {
namespace {

using testing::cluster_proxy;
using ::testing::ElementsAre;
using testing::everything;
using ::testing::HasSubstr;
using testing::https;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::tcp;
using testing::three_ports;
using testing::udp;

RenderContext surroundings() {
  return {.preamble = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n",
          .error_log = "error.log",
          .session_log = "sessions.log",
          .status_listen = "unix:status.sock",
          .has_ipv6 = false,
          .local_addresses = {"10.0.0.1", "127.0.0.1"}};
}

FileNames files() {
  return {.certificate = "certificate-1.pem",
          .key = "key-1.pem",
          .users = "users-1",
          .api_authority = "api-authority-1.pem",
          .api_certificate = "api-certificate-1.pem",
          .api_key = "api-key-1.pem",
          .client_authorities = std::vector<std::string>(8, "clients-1.pem")};
}

Instance kubectl_proxy() {
  Instance proxy = kubernetes_proxy("kcp", 8002, {}, ApiAccess::Read);
  proxy.users = {{"admin", "$2b$05$abc"}};
  return proxy;
}

// The text that stands in the tree. After an intended change, MEX_WRITE_GOLDEN=1 writes it anew.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(MEX_GOLDEN_DIRECTORY) + "/" + name;
  if (std::getenv("MEX_WRITE_GOLDEN") != nullptr) {
    ASSERT_TRUE(base::write_file_atomically(path, text, 0644).ok());
  }
  EXPECT_EQ(base::read_file(path).value_or("no such file: " + path), text);
}

TEST(ConfigurationTest, IsTheTextInTheTree) {
  expect_golden("three_ports.conf", render(three_ports(), surroundings(), files(), "g1"));
  expect_golden("everything.conf", render(everything(), surroundings(), files(), "g2"));
  expect_golden("kubernetes_proxy.conf", render(kubectl_proxy(), surroundings(), files(), "g3"));
  expect_golden("cluster_read.conf",
                render(cluster_proxy(ApiAccess::Read), surroundings(), files(), "g4"));
  expect_golden("cluster_everything.conf",
                render(cluster_proxy(ApiAccess::Everything), surroundings(), files(), "g5"));
}

// nginx's own word for it.
class NginxReadsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto pair = tls::testing::make_pem_pair();
    write("certificate-1.pem", pair.certificate);
    write("clients-1.pem", pair.certificate);
    write("key-1.pem", pair.key);
    write("api-authority-1.pem", pair.certificate);
    write("api-certificate-1.pem", pair.certificate);
    write("api-key-1.pem", pair.key);
    write("users-1", "admin:x\n");
    ASSERT_EQ(mkdir((directory_.path() + "/temporary").c_str(), 0700), 0);
  }

  void write(const std::string& name, const std::string& content) const {
    ASSERT_TRUE(base::write_file_atomically(directory_.path() + "/" + name, content, 0600).ok());
  }

  base::ChildOutcome test(const Instance& instance) const {
    const auto nginx = find_nginx();
    EXPECT_TRUE(nginx.ok()) << nginx.status();
    RenderContext around = surroundings();
    around.preamble = nginx->preamble;
    write("nginx.conf", render(instance, around, files(), "g"));
    return *base::run_child(
        nginx_command({nginx->path, "-t", "-e", "stderr", "-p", "./", "-c", "nginx.conf"},
                      directory_.path()),
        {base::system_clock().steady_now() + std::chrono::seconds(60)});
  }

  base::TemporaryDirectory directory_;
};

TEST_F(NginxReadsTest, EverythingAsItIsMeant) {
  for (const Instance& instance :
       {three_ports(), everything(), kubectl_proxy(), cluster_proxy(ApiAccess::Read),
        cluster_proxy(ApiAccess::ReadSecrets), cluster_proxy(ApiAccess::Everything)}) {
    const base::ChildOutcome finished = test(instance);
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    EXPECT_THAT(finished.output, Not(HasSubstr("warn")));
  }
}

TEST_F(NginxReadsTest, ThousandsOfPortsAndNames) {
  Instance large = testing::instance("large", {});
  for (std::uint16_t i = 0; i < 1000; ++i) {
    large.ports.push_back(udp(static_cast<std::uint16_t>(20000 + i), "10.0.0.9:53"));
    Port named = tcp(9443, "10.0.0.9:443");
    named.server_name = "tenant-" + std::string(50, 'x') + std::to_string(i) + ".edge.example";
    large.ports.push_back(named);
  }
  const base::ChildOutcome finished = test(large);
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_THAT(finished.output, Not(HasSubstr("warn")));
}

TEST(ListenAddressesTest, AreAllOfTheMachine) {
  const Instance instance = three_ports();
  RenderContext around = surroundings();
  EXPECT_THAT(listen_addresses(instance, instance.ports[0], around), ElementsAre("8888"));
  around.has_ipv6 = true;
  EXPECT_THAT(listen_addresses(instance, instance.ports[0], around),
              ElementsAre("8888", "[::]:8888"));
}

// As in the user's document: {"external":"8888","origin":"127.0.0.1:8888"}.
TEST(ListenAddressesTest, LeaveAnOriginOfTheSameNumberItsAddress) {
  const Instance instance =
      testing::instance("a", {https(8888, "127.0.0.1:8888", "/"), udp(8888, "10.0.0.1:8889")});
  RenderContext around = surroundings();
  around.local_addresses.emplace_back("fd00::1");
  EXPECT_THAT(listen_addresses(instance, instance.ports[0], around),
              ElementsAre("10.0.0.1:8888", "[fd00::1]:8888"));
  EXPECT_THAT(listen_addresses(instance, instance.ports[1], around), ElementsAre("8888"));
}

TEST(ListenAddressesTest, AreNoneWhereTheOriginHasThemAll) {
  const Instance instance = testing::instance("a", {tcp(80, "127.0.0.1:80")});
  RenderContext around = surroundings();
  around.local_addresses = {"127.0.0.1"};
  EXPECT_THAT(listen_addresses(instance, instance.ports[0], around), IsEmpty());
}

TEST(ListenAddressesTest, ANameCountsByItsAddresses) {
  Instance instance = testing::instance("a", {tcp(80, "me.example:80")});
  instance.ports[0].origins[0].addresses = {"10.0.0.1"};
  EXPECT_THAT(listen_addresses(instance, instance.ports[0], surroundings()),
              ElementsAre("127.0.0.1:80"));
}

}  // namespace
}  // namespace mex::nginx
