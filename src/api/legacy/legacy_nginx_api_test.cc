#include "api/legacy/legacy_nginx_api.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::api {
namespace {

using nginx::Protocol;
using ::testing::HasSubstr;

::api::NginxRequest request_of(const std::string& json) {
  ::api::NginxRequest request;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &request).ok());
  return request;
}

// Letter by letter from the user's document.
constexpr char kDocumented[] =
    R"({"message":"add","name":"test1","ports":[{"mexproto":"LProtoHTTP","external":"8888","internal":"8888","origin":"127.0.0.1:8888","path":"/hello"},{"mexproto":"LProtoTCP","external":"7777","origin":"127.0.0.1:777"},{"mexproto":"LProtoUDP","external":"6666","origin":"127.0.0.1:6666"}]})";

TEST(LegacyNginxApiTest, ReadsTheDocumentedRequest) {
  const auto instance = to_instance(request_of(kDocumented));
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ(instance->name, "test1");
  ASSERT_EQ(instance->ports.size(), 3U);
  EXPECT_EQ(instance->ports[0].protocol, Protocol::Http);
  EXPECT_TRUE(instance->ports[0].tls);
  EXPECT_EQ(instance->ports[0].external, 8888);
  EXPECT_EQ(instance->ports[0].path, "/hello");
  EXPECT_EQ(instance->ports[0].origins[0].text(), "127.0.0.1:8888");
  EXPECT_EQ(instance->ports[1].protocol, Protocol::Tcp);
  EXPECT_EQ(instance->ports[1].origins[0].text(), "127.0.0.1:777");
  EXPECT_EQ(instance->ports[2].protocol, Protocol::Udp);
}

TEST(LegacyNginxApiTest, AnHttpPortWithoutPathServesAllPathsAndAnOriginWithoutPortIs80) {
  const auto instance = to_instance(
      request_of(R"({"ports":[{"mexproto":"LProtoHTTP","external":"1","origin":"10.0.0.1"}]})"));
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ(instance->ports[0].path, "/");
  EXPECT_EQ(instance->ports[0].origins[0].port, 80);
}

TEST(LegacyNginxApiTest, TheHostIsANetworkWithoutName) {
  const char* const port = R"("ports":[{"mexproto":"LProtoTCP","external":"1","origin":"a:1"}]})";
  EXPECT_EQ(to_instance(request_of(std::string(R"({"network":"host",)") + port))->network, "");
  EXPECT_EQ(to_instance(request_of(std::string(R"({"network":"n1",)") + port))->network, "n1");
}

TEST(LegacyNginxApiTest, RefusalsNameTheField) {
  const struct {
    const char* ports;
    const char* field;
    const char* text;
  } cases[] = {
      {R"([])", "ports", "missing ports definitions"},
      {R"([{"mexproto":"LProtoSCTP"}])", "ports[0].mexproto", "invalid mexproto \"LProtoSCTP\""},
      {R"([{"mexproto":"LProtoTCP","external":"80-90","origin":"a:1"}])", "ports[0].external",
       "1 to 65535"},
      {R"([{"mexproto":"LProtoTCP","external":"80","origin":"a"}])", "ports[0].origin",
       "must be host:port"},
  };
  for (const auto& row : cases) {
    const auto instance = to_instance(request_of(std::string(R"({"ports":)") + row.ports + "}"));
    EXPECT_EQ(instance.status().code(), absl::StatusCode::kInvalidArgument) << row.ports;
    EXPECT_EQ(base::detail_of(instance.status()).field, row.field);
    EXPECT_THAT(std::string(base::message_of(instance.status())), HasSubstr(row.text));
  }
}

TEST(LegacyNginxApiTest, TheListIsAsGoPrintsIt) {
  EXPECT_EQ(list_text({}), "[]");
  std::vector<nginx::InstanceView> views(2);
  views[0].instance.name = "a";
  views[1].instance.name = "b";
  EXPECT_EQ(list_text(views), "['a-nginx-lbproxy' 'b-nginx-lbproxy' ]");
}

TEST(LegacyNginxApiTest, AKubernetesProxyLeadsToThePortBefore) {
  ::api::NginxKCPRequest request;
  request.set_name("kcp");
  request.set_port("8002");
  const auto instance = to_instance(request);
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ(instance->kind, nginx::Kind::KubernetesProxy);
  EXPECT_EQ(instance->ports[0].origins[0].text(), "127.0.0.1:8001");
  EXPECT_TRUE(instance->ports[0].tls);
  for (const char* port : {"1", "0", "65536", "http"}) {
    request.set_port(port);
    EXPECT_EQ(base::detail_of(to_instance(request).status()).field, "port") << port;
  }
  request.set_port("");
  EXPECT_THAT(std::string(base::message_of(to_instance(request).status())),
              HasSubstr("missing port"));
  request.set_name("");
  EXPECT_THAT(std::string(base::message_of(to_instance(request).status())),
              HasSubstr("missing name"));
}

TEST(LegacyNginxApiTest, AKubernetesProxyOfAClusterIsForReading) {
  ::api::NginxKCPRequest request;
  request.set_name("kcp");
  request.set_port("8443");
  request.set_tenant("tenant-1");
  request.set_cluster("test-1");
  const auto instance = to_instance(request);
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ(instance->cluster.tenant, "tenant-1");
  EXPECT_EQ(instance->cluster.name, "test-1");
  EXPECT_EQ(instance->access, nginx::ApiAccess::Read);
  EXPECT_TRUE(instance->ports[0].origins.empty());
}

}  // namespace
}  // namespace mex::api
