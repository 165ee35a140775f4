#include "api/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "api/grpc_server.h"
#include "mexosagent/v1/clusters.grpc.pb.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr const char* kKubeconfigPath = "/v1/tenants/tenant-1/clusters/test-1/kubeconfig";

const access::Principal kRestCaller{
    .name = "test", .role = access::Role::Admin, .proof = access::Proof::Token};

// They answer with what they were asked for.
absl::StatusOr<v1::File> get_kubeconfig(const access::Principal&, const std::string&,
                                        const v1::GetKubeconfigRequest& request) {
  if (request.cluster() == "none") return absl::NotFoundError("no such cluster");
  v1::File reply;
  reply.set_name(request.cluster() + "." + request.tenant() + ".kubeconfig");
  reply.set_content_type("application/yaml");
  reply.set_content("apiVersion: v1\nkind: Config\n");
  return reply;
}
v1::Cluster get_cluster(const access::Principal&, const std::string&,
                        const v1::GetClusterRequest& request) {
  v1::Cluster reply;
  reply.set_name(request.cluster());
  return reply;
}

class GatewayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    services_.push_back(std::make_unique<RpcService>("mexosagent.v1.Clusters"));
    services_.back()->add("GetKubeconfig", get_kubeconfig, "");
    services_.back()->add("GetCluster", get_cluster, "");
    server_ = *GrpcServer::within_process(services_, authorizer_);
    auto rules = transcoding::RuleTable::from_services({&services_.back()->descriptor()});
    gateway_ = std::make_unique<Gateway>(*std::move(rules), server_->in_process_channel(), "key");
  }

  HttpReply get(const char* path) {
    std::promise<HttpReply> reply;
    const transcoding::Lookup lookup = gateway_->rules().find("GET", path);
    EXPECT_NE(lookup.rule, nullptr) << path;
    gateway_->call(kRestCaller, lookup, "", "",
                   [&reply](HttpReply got) { reply.set_value(std::move(got)); });
    return reply.get_future().get();
  }

  const access::AccessPolicy policy_{{}};
  const RpcAuthorizer authorizer_{policy_, "key"};
  GrpcServer::Services services_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<Gateway> gateway_;
};

TEST_F(GatewayTest, AFileIsSentAsItself) {
  const HttpReply reply = get(kKubeconfigPath);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "application/yaml");
  EXPECT_EQ(reply.body, "apiVersion: v1\nkind: Config\n");
  EXPECT_THAT(reply.headers,
              ElementsAre(Pair("Content-Disposition",
                               R"(attachment; filename="test-1.tenant-1.kubeconfig")")));
}

TEST_F(GatewayTest, AFileThatIsRefusedIsAnErrorLikeAnyOther) {
  const HttpReply reply = get("/v1/tenants/tenant-1/clusters/none/kubeconfig");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.content_type, kJson);
  EXPECT_EQ(reply.body, R"({"error":"no such cluster","message":"no such cluster","code":5})");
}

TEST_F(GatewayTest, OtherMessagesAreJson) {
  const HttpReply reply = get("/v1/tenants/tenant-1/clusters/test-1");
  EXPECT_EQ(reply.content_type, kJson);
  EXPECT_EQ(reply.body, R"({"name":"test-1"})");
  EXPECT_THAT(reply.headers, IsEmpty());
}

}  // namespace
}  // namespace mex::api
