#include "cluster/steps/api_server_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "kubernetes/pki.h"

namespace mex::cluster {
namespace {

using ::testing::ElementsAre;

class ApiServerAccessTest : public ::testing::Test {
 protected:
  std::string certificate_at(base::WallTime now) {
    return access_.login({"10.101.7.10"}, now).value().identity.certificate_pem;
  }

  const base::WallTime made_ = base::WallTime(std::chrono::hours(24 * 365 * 50));
  const std::shared_ptr<const ClusterSecrets> secrets_ =
      std::make_shared<const ClusterSecrets>(*make_cluster_secrets("test-1", made_));
  ApiServerAccess access_{secrets_};
};

TEST_F(ApiServerAccessTest, ALoginIsAllThatItTakes) {
  const auto login = access_.login({"10.101.7.10", "10.101.7.11"}, made_);
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_THAT(login->masters, ElementsAre("10.101.7.10", "10.101.7.11"));
  EXPECT_EQ(login->port, 6443);
  EXPECT_EQ(login->server_name, "api.cluster.internal");
  EXPECT_EQ(login->ca_certificate_pem, secrets_->pki.cluster_ca.certificate_pem);
  EXPECT_EQ(login->identity.key_pem.reveal(), secrets_->pki.agent.key_pem.reveal());
}

// Its users take another one for a change.
TEST_F(ApiServerAccessTest, AnIdentityStaysUntilItGrowsOld) {
  using std::chrono::days;
  EXPECT_EQ(certificate_at(made_), secrets_->pki.agent.certificate_pem);
  EXPECT_EQ(certificate_at(made_ + days(100)), secrets_->pki.agent.certificate_pem);
  const base::WallTime late = made_ + days(330);
  const std::string renewed = certificate_at(late);
  EXPECT_NE(renewed, secrets_->pki.agent.certificate_pem);
  EXPECT_EQ(certificate_at(late + days(29)), renewed);
  EXPECT_GT(kubernetes::certificate_life("mexosagent", renewed)->end, late + days(300));
  EXPECT_EQ(access_.identity_life()->end, late + days(365));
}

// The API server would say that they are not valid yet, for as long as the clock was ahead.
TEST_F(ApiServerAccessTest, WhatWasMadeWhileTheClockWasAheadIsMadeAnew) {
  using std::chrono::days;
  const auto earlier = made_ - days(1);
  const std::string anew = certificate_at(earlier);
  EXPECT_LE(kubernetes::certificate_life("mexosagent", anew)->begin, earlier);
  const std::string ahead = certificate_at(made_ + days(340));
  const std::string back = certificate_at(made_ + days(320));
  EXPECT_NE(ahead, back);
  EXPECT_LE(kubernetes::certificate_life("mexosagent", back)->begin, made_ + days(320));
  const auto client = access_.client({"10.101.7.10"}, made_ + days(340)).value();
  EXPECT_NE(access_.client({"10.101.7.10"}, made_ + days(339)).value(), client);
}

// kubectl takes the first of two entries of a name: with the same names, the second cluster's
// context would use the first one's key.
TEST_F(ApiServerAccessTest, KubeconfigsOfTwoClustersMerge) {
  std::set<std::string> names;
  for (const std::string_view cluster :
       {"a.t1.edge.example", "a.t2.edge.example", "b.t1.edge.example", "a.t1.other.example"}) {
    const auto text = admin_kubeconfig(*secrets_, cluster, 443, made_);
    ASSERT_TRUE(text.ok()) << text.status();
    const YAML::Node config = YAML::Load(text->reveal());
    for (const std::string_view list : {"clusters", "users", "contexts"}) {
      const auto name = config[std::string(list)][0]["name"].as<std::string>();
      EXPECT_THAT(name, ::testing::HasSubstr(std::string(cluster)));
      EXPECT_TRUE(names.insert(std::string(list) + " " + name).second) << name;
    }
    const YAML::Node context = config["contexts"][0];
    EXPECT_EQ(config["current-context"].as<std::string>(), context["name"].as<std::string>());
    EXPECT_EQ(context["context"]["cluster"].as<std::string>(),
              config["clusters"][0]["name"].as<std::string>());
    EXPECT_EQ(context["context"]["user"].as<std::string>(),
              config["users"][0]["name"].as<std::string>());
    EXPECT_EQ(config["clusters"][0]["cluster"]["server"].as<std::string>(),
              "https://" + std::string(cluster) + ":443");
  }
}

}  // namespace
}  // namespace mex::cluster
