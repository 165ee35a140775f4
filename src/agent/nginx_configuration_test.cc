#include "agent/nginx_configuration.h"

#include <gtest/gtest.h>

#include "nginx/model/cluster_api.h"

namespace mex::agent {
namespace {

TEST(NginxSetupTest, ALoginToAClusterIsAClusterApiOfNginx) {
  cluster::ApiServerLogin login;
  login.masters = {"10.101.7.10", "10.101.7.11"};
  login.server_name = "api.cluster.internal";
  login.ca_certificate_pem = "authority";
  login.identity = {"certificate", base::Secret("key")};
  const nginx::ClusterApi api = cluster_api_of(login);
  EXPECT_TRUE(nginx::check(api).ok()) << nginx::check(api);
  ASSERT_EQ(api.masters.size(), 2U);
  EXPECT_EQ(api.masters[1].text(), "10.101.7.11:6443");
  EXPECT_EQ(api.authority, "authority");
  EXPECT_EQ(api.certificate, "certificate");
  EXPECT_EQ(api.key.reveal(), "key");
}

}  // namespace
}  // namespace mex::agent
