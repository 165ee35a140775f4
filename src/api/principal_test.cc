// Who calls, as a method sees it: over gRPC, over REST, and for callers that claim to be another.

#include "access/principal.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/gateway.h"
#include "api/grpc_server.h"
#include "api/rest_service.h"
#include "api/rpc_service.h"
#include "api/test_client.h"
#include "mexosagent/v1/proxies.grpc.pb.h"
#include "server/server_group.h"
#include "server/shard.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;
using access::Principal;
using access::Proof;
using access::Role;

constexpr char kGoodToken[] = "0123456789abcdef0123456789abcdef";
constexpr char kKey[] = "the key of this process";

// Answers with the principal that calls.
v1::ProxyRoute who_calls(const Principal& caller, const std::string&, const v1::GetProxyRequest&) {
  v1::ProxyRoute reply;
  reply.set_name(access::to_json(caller));
  return reply;
}

class PrincipalTest : public ::testing::Test {
 protected:
  void SetUp() override { create({.token = base::Secret(kGoodToken)}); }
  void TearDown() override {
    rest_.reset();
    gateway_.reset();
    within_process_.reset();
    grpc_.reset();
  }

  // gRPC, gateway and REST as ApiServer puts them together, with one method.
  void create(access::AccessPolicy::Options options) {
    TearDown();
    policy_ = std::make_unique<access::AccessPolicy>(std::move(options));
    authorizer_ = std::make_unique<RpcAuthorizer>(*policy_, kKey);
    services_.clear();
    services_.push_back(std::make_unique<RpcService>("mexosagent.v1.Proxies"));
    RpcService& service = *services_.back();
    service.add("GetProxy", who_calls, "");
    EXPECT_FALSE(service.is_complete());
    auto rules = transcoding::RuleTable::from_services({&service.descriptor()});
    grpc_ = *GrpcServer::listen({.address = net::Address::loopback(0), .tls = {}}, services_,
                                *authorizer_);
    within_process_ = *GrpcServer::within_process(services_, *authorizer_);
    gateway_ =
        std::make_unique<Gateway>(*std::move(rules), within_process_->in_process_channel(), kKey);
    shard_ = *server::ShardGroup::start(1, "rest");
    server::ServerGroup::Config config{
        .address = net::Address::loopback(0), .certificates = {}, .options = {}};
    rest_ = *server::ServerGroup::start(*shard_, std::move(config), [this](server::Shard&) {
      return std::make_unique<RestService>(*gateway_, *policy_, readiness_, metrics_);
    });
  }

  // The principal, or what from_json says of an answer that is none.
  absl::StatusOr<Principal> over_rest(const std::string& headers) {
    const RawReply reply = request(rest_->address(), "GET", "/v1/proxies/a", "", headers);
    v1::ProxyRoute route;
    if (reply.status != 200) return absl::UnauthenticatedError(reply.body);
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(reply.body, &route).ok());
    return access::from_json(route.name());
  }

  absl::StatusOr<Principal> over_grpc(
      const std::vector<std::pair<std::string, std::string>>& metadata) {
    const auto stub = v1::Proxies::NewStub(
        grpc::CreateChannel(grpc_->address().text(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
    v1::ProxyRoute route;
    const grpc::Status status = stub->GetProxy(&context, {}, &route);
    if (!status.ok()) {
      return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                          status.error_message());
    }
    return access::from_json(route.name());
  }

  const Readiness readiness_ = [] { return std::vector<ReadinessPart>(); };
  const ExtraMetrics metrics_ = [] { return std::string(); };
  std::unique_ptr<access::AccessPolicy> policy_;
  std::unique_ptr<RpcAuthorizer> authorizer_;
  GrpcServer::Services services_;
  std::unique_ptr<GrpcServer> grpc_;
  std::unique_ptr<GrpcServer> within_process_;
  std::unique_ptr<server::ShardGroup> shard_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<server::ServerGroup> rest_;
};

// What a forger would like to be.
std::string forged() {
  return access::to_json(
      {.name = "forged", .role = Role::Admin, .tenant = "tenant-1", .proof = Proof::Token});
}

TEST_F(PrincipalTest, OverGrpcItIsTheCallersOwn) {
  EXPECT_EQ(over_grpc({})->proof, Proof::Loopback);
  EXPECT_EQ(over_grpc({{"authorization", std::string("Bearer ") + kGoodToken}})->proof,
            Proof::Token);
  create({.open = true, .trust_loopback = false, .token = base::Secret(kGoodToken)});
  EXPECT_EQ(over_grpc({})->proof, Proof::None);
}

TEST_F(PrincipalTest, OverRestItIsTheCallersOwn) {
  EXPECT_EQ(over_rest("")->proof, Proof::Loopback);
  EXPECT_EQ(over_rest(std::string("Authorization: Bearer ") + kGoodToken + "\r\n")->proof,
            Proof::Token);
  create({.open = true, .trust_loopback = false, .token = base::Secret(kGoodToken)});
  EXPECT_EQ(over_rest("")->proof, Proof::None);
}

TEST_F(PrincipalTest, OverGrpcItCannotBeForged) {
  const auto own = over_grpc({});
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(over_grpc({{RpcAuthorizer::kPrincipal, forged()}}), own);
  EXPECT_EQ(
      over_grpc({{RpcAuthorizer::kInProcessKey, "guess"}, {RpcAuthorizer::kPrincipal, forged()}}),
      own);
  EXPECT_EQ(over_grpc({{RpcAuthorizer::kInProcessKey, ""}, {RpcAuthorizer::kPrincipal, forged()}}),
            own);
  create({.trust_loopback = false, .token = base::Secret(kGoodToken)});
  EXPECT_EQ(
      over_grpc({{RpcAuthorizer::kInProcessKey, "guess"}, {RpcAuthorizer::kPrincipal, forged()}})
          .status()
          .code(),
      absl::StatusCode::kUnauthenticated);
}

TEST_F(PrincipalTest, OverRestItCannotBeForged) {
  const auto own = over_rest("");
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(over_rest("x-mex-in-process-key: guess\r\nx-mex-principal: " + forged() + "\r\n"), own);
  EXPECT_EQ(over_rest("Grpc-Metadata-x-mex-principal: " + forged() + "\r\n"), own);
}

TEST_F(PrincipalTest, TheKeyWithoutAPrincipalIsNotEnough) {
  for (const char* principal : {"", "admin"}) {
    EXPECT_EQ(
        over_grpc({{RpcAuthorizer::kInProcessKey, kKey}, {RpcAuthorizer::kPrincipal, principal}})
            .status()
            .code(),
        absl::StatusCode::kInternal);
  }
  EXPECT_EQ(over_grpc({{RpcAuthorizer::kInProcessKey, kKey}}).status().code(),
            absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace mex::api
