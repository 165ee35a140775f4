#include "nginx/render/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "nginx/model/testing.h"
#include "nginx/render/request_headers.h"
#include "nginx/render/testing.h"

namespace mex::nginx {
namespace {

using testing::container_context;
using ::testing::ElementsAre;
using testing::files;
using testing::https;
using ::testing::IsEmpty;
using testing::kubectl_proxy;
using testing::render_context;
using testing::resolved;
using testing::resolved_cluster_proxy;
using testing::resolved_everything;
using testing::resolved_in_container;
using testing::tcp;
using testing::three_ports;
using testing::udp;

// The text that stands in the tree. After an intended change, MEX_WRITE_GOLDEN=1 writes it anew.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(MEX_GOLDEN_DIRECTORY) + "/" + name;
  if (std::getenv("MEX_WRITE_GOLDEN") != nullptr) {
    ASSERT_TRUE(base::write_file_atomically(path, text, 0644).ok());
  }
  EXPECT_EQ(base::read_file(path).value_or("no such file: " + path), text);
}

TEST(ConfigurationTest, IsTheTextInTheTree) {
  expect_golden("three_ports.conf",
                render_configuration(resolved(three_ports()), render_context(), files(), "g1"));
  expect_golden("everything.conf",
                render_configuration(resolved_everything(), render_context(), files(), "g2"));
  expect_golden("kubernetes_proxy.conf",
                render_configuration(kubectl_proxy(), render_context(), files(), "g3"));
  expect_golden("cluster_read.conf", render_configuration(resolved_cluster_proxy(ApiAccess::Read),
                                                          render_context(), files(), "g4"));
  expect_golden("cluster_everything.conf",
                render_configuration(resolved_cluster_proxy(ApiAccess::Everything),
                                     render_context(), files(), "g5"));
}

TEST(ConfigurationTest, InAContainerIsTheTextInTheTree) {
  expect_golden("container.conf",
                render_configuration(resolved_in_container(), container_context(), files(), "g6"));
  expect_golden("dropped_headers.conf", dropped_headers_text());
}

// nginx cannot open more files than it may, whatever number of connections it is given.
TEST(WorkerConnectionsTest, AreNotMoreThanOpenFiles) {
  ResolvedInstance instance = resolved(three_ports());
  RenderContext context = render_context();
  EXPECT_EQ(worker_connections(instance, context), 2U * (4096 + 4));
  context.max_descriptors = 1024;
  EXPECT_EQ(worker_connections(instance, context), 960U);
  context.max_descriptors = 0;
  instance.desired.max_connections = 65536;
  EXPECT_EQ(worker_connections(instance, context), 2U * (65536 + 4));
}

TEST(ListenAddressesTest, AreAllOfTheMachine) {
  const ResolvedInstance instance = resolved(three_ports());
  RenderContext context = render_context();
  EXPECT_THAT(listen_addresses(instance, instance.desired.ports[0], context), ElementsAre("8888"));
  context.has_ipv6 = true;
  EXPECT_THAT(listen_addresses(instance, instance.desired.ports[0], context),
              ElementsAre("8888", "[::]:8888"));
}

// As in the user's document: {"external":"8888","origin":"127.0.0.1:8888"}.
TEST(ListenAddressesTest, LeaveAnOriginOfTheSameNumberItsAddress) {
  const ResolvedInstance instance = resolved(
      testing::instance("a", {https(8888, "127.0.0.1:8888", "/"), udp(8888, "10.0.0.1:8889")}));
  RenderContext context = render_context();
  context.local_addresses.emplace_back("fd00::1");
  EXPECT_THAT(listen_addresses(instance, instance.desired.ports[0], context),
              ElementsAre("10.0.0.1:8888", "[fd00::1]:8888"));
  EXPECT_THAT(listen_addresses(instance, instance.desired.ports[1], context), ElementsAre("8888"));
}

TEST(ListenAddressesTest, AreNoneWhereTheOriginHasThemAll) {
  const ResolvedInstance instance = resolved(testing::instance("a", {tcp(80, "127.0.0.1:80")}));
  RenderContext context = render_context();
  context.local_addresses = {"127.0.0.1"};
  EXPECT_THAT(listen_addresses(instance, instance.desired.ports[0], context), IsEmpty());
}

TEST(ListenAddressesTest, ANameCountsByItsAddresses) {
  ResolvedInstance instance = resolved(testing::instance("a", {tcp(80, "me.example:80")}));
  instance.origins[0][0].addresses = {"10.0.0.1"};
  EXPECT_THAT(listen_addresses(instance, instance.desired.ports[0], render_context()),
              ElementsAre("127.0.0.1:80"));
}

}  // namespace
}  // namespace mex::nginx
