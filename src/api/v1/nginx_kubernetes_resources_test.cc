#include "api/v1/nginx_kubernetes_resources.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;
using nginx::ApiAccess;

v1::NginxKubernetesProxy kubernetes_proxy_of(const std::string& json) {
  v1::NginxKubernetesProxy proxy;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &proxy).ok()) << json;
  return proxy;
}

TEST(NginxKubernetesResourcesTest, WhatIsGivenIsWhatIsShown) {
  const auto instance = from_nginx_kubernetes_proxy(kubernetes_proxy_of(
      R"({"name":"kcp","external":8443,"tenant":"tenant-1","cluster":"test-1",
          "access":"READ_SECRETS","allowed":["10.0.0.0/8"]})"));
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ(instance->cluster.tenant, "tenant-1");
  EXPECT_EQ(instance->access, ApiAccess::ReadSecrets);
  nginx::InstanceView view;
  view.instance = *instance;
  view.problem = "gone";
  nginx::count_session("8443 http 200 1 2 0.1", view.traffic);
  const v1::NginxKubernetesProxy shown = to_nginx_kubernetes_proxy(view, "process");
  EXPECT_EQ(from_nginx_kubernetes_proxy(shown).value(), *instance);
  EXPECT_EQ(shown.state(), "FAILED");
  EXPECT_EQ(shown.reason(), "gone");
  EXPECT_EQ(shown.traffic(0).ended_2xx(), 1U);
}

TEST(NginxKubernetesResourcesTest, ReadsOnlyUnlessMoreIsAskedFor) {
  EXPECT_EQ(from_nginx_kubernetes_proxy(
                kubernetes_proxy_of(R"({"name":"a","external":2,"tenant":"t","cluster":"c"})"))
                ->access,
            ApiAccess::Read);
  EXPECT_EQ(
      from_nginx_kubernetes_proxy(
          kubernetes_proxy_of(
              R"({"name":"a","external":2,"tenant":"t","cluster":"c","access":"EVERYTHING"})"))
          ->access,
      ApiAccess::Everything);
}

TEST(NginxKubernetesResourcesTest, LimitsThatAreNotGivenAreThoseOfPasswords) {
  v1::NginxKubernetesProxy given;
  given.set_name("kcp");
  given.set_external(8443);
  given.mutable_client_limits()->set_connections(5);
  const auto instance = from_nginx_kubernetes_proxy(given);
  ASSERT_TRUE(instance.ok()) << instance.status();
  const nginx::ClientLimits limits = instance->ports[0].client_limits.value();
  EXPECT_EQ(limits.connections, 5U);
  EXPECT_EQ(limits.requests_per_second,
            nginx::default_client_limits(nginx::Kind::KubernetesProxy).requests_per_second);
  nginx::InstanceView view;
  view.instance = *instance;
  EXPECT_EQ(to_nginx_kubernetes_proxy(view, "process").client_limits().connections(), 5);
}

TEST(NginxKubernetesResourcesTest, WithoutAClusterItLeadsToThePortBefore) {
  const auto instance =
      from_nginx_kubernetes_proxy(kubernetes_proxy_of(R"({"name":"a","external":8002})"));
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ(instance->ports[0].origins[0].text(), "127.0.0.1:8001");
  nginx::InstanceView view;
  view.instance = *instance;
  const v1::NginxKubernetesProxy shown = to_nginx_kubernetes_proxy(view, "process");
  EXPECT_EQ(shown.access(), v1::NginxKubernetesProxy::ACCESS_UNSPECIFIED);
  EXPECT_EQ(from_nginx_kubernetes_proxy(shown).value(), *instance);
}

TEST(NginxKubernetesResourcesTest, RefusalsNameTheField) {
  const struct {
    const char* proxy;
    const char* field;
  } cases[] = {
      {R"({"name":"a"})", "external"},
      {R"({"name":"a","external":1})", "external"},
      {R"({"name":"a","external":65536})", "external"},
      {R"({"name":"a","external":2,"access":"READ"})", "access"},
      {R"({"name":"a","external":2,"tenant":"t","cluster":"c","access":7})", "access"},
  };
  for (const auto& row : cases) {
    const auto instance = from_nginx_kubernetes_proxy(kubernetes_proxy_of(row.proxy));
    EXPECT_EQ(instance.status().code(), absl::StatusCode::kInvalidArgument) << row.proxy;
    EXPECT_EQ(base::detail_of(instance.status()).field, row.field) << row.proxy;
  }
}

}  // namespace
}  // namespace mex::api
