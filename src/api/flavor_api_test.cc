// Flavors over REST and gRPC: real sockets, a real store, no OpenStack.

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include "api/api_server_fixture.h"
#include "mexosagent/v1/flavors.grpc.pb.h"

namespace mex::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FlavorApiTest : public ApiServerTest {
 protected:
  RawReply put(std::string_view path, std::string_view body) {
    return request(server_->rest_address(), "PUT", path, body);
  }
  RawReply remove(std::string_view path) {
    return request(server_->rest_address(), "DELETE", path, "");
  }
};

TEST_F(FlavorApiTest, AFlavorLivesFromPostToDelete) {
  const RawReply made =
      post("/v1/flavors", R"({"name":"edge","worker_pools":[{"name":"big","count":3}]})");
  EXPECT_EQ(made.status, 200) << made.body;
  EXPECT_THAT(made.body, HasSubstr(R"("revision":"1")"));
  EXPECT_EQ(get("/v1/flavors/edge").body, made.body);
  EXPECT_THAT(get("/v1/flavors").body, HasSubstr(R"("name":"edge")"));
  const RawReply replaced = put("/v1/flavors/edge", R"({"masters":{"count":3}})");
  EXPECT_EQ(replaced.status, 200) << replaced.body;
  EXPECT_THAT(replaced.body, HasSubstr(R"("revision":"2")"));
  EXPECT_THAT(replaced.body, HasSubstr(R"("masters":{"count":3})"));
  EXPECT_THAT(replaced.body, Not(HasSubstr("worker_pools")));
  const RawReply removed = remove("/v1/flavors/edge");
  EXPECT_EQ(removed.status, 200);
  EXPECT_EQ(removed.body, "{}");
  EXPECT_EQ(get("/v1/flavors/edge").status, 404);
  EXPECT_EQ(remove("/v1/flavors/edge").status, 404);
}

TEST_F(FlavorApiTest, WhatWasReadCanBeWrittenBackOnce) {
  const std::string first = post("/v1/flavors", R"({"name":"edge"})").body;
  EXPECT_EQ(put("/v1/flavors/edge", first).status, 200);
  const RawReply late = put("/v1/flavors/edge", first);
  EXPECT_EQ(late.status, 409);
  EXPECT_THAT(late.body, HasSubstr("is at revision 2, not 1"));
  EXPECT_THAT(late.body, HasSubstr(R"("code":10)"));
}

TEST_F(FlavorApiTest, RefusalsNameTheField) {
  const auto refused = [this](const char* body, const char* text) {
    const RawReply reply = post("/v1/flavors", body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_THAT(reply.body, HasSubstr(text));
  };
  refused("", "flavor.name: must be a DNS label");
  refused(R"({"name":"a","worker_pools":[{"name":"x"},{"name":"y","count":999}]})",
          "flavor.worker_pools[1].count: must be 0 to 250");
  refused(R"({"name":"a","worker_pools":[{"name":"x","count":"many"}]})", "count");
  refused(R"({"name":"a","worker_pools":{}})", "flavor.worker_pools: must be a list");
  refused(R"({"name":"a","network":{"scheme":"OPEN"}})", "flavor.network.scheme");
  refused(R"({"name":"a","care":{"boot_deadline":"15min"}})",
          R"(flavor.care.boot_deadline: \"15min\" is not a duration)");
  refused(R"({"name":"a","care":{"boot_deadline":"5s"}})",
          "flavor.care.boot_deadline: must be 60s to 7200s");
  refused(R"({"name":"a","kubernetes":{"image_style":"FROZEN"}})", "flavor.kubernetes.image_style");
  refused(R"({"name":"a","kubernetes":{"conntrack_max_per_core":-1}})",
          "flavor.kubernetes.conntrack_max_per_core: must be 0 to 1000000");
  refused(R"({"name":"a","kubernetes":{"skipped_phases":["addon/coredns","x y"]}})",
          "flavor.kubernetes.skipped_phases[1]: must be a phase of kubeadm init");
  const RawReply again = post("/v1/flavors", R"({"name":"kubernetes-ha-openstack"})");
  EXPECT_EQ(again.status, 409);
  const RawReply renamed = put("/v1/flavors/a", R"({"name":"b"})");
  EXPECT_THAT(renamed.body, HasSubstr("flavor.name: is not the name"));
  EXPECT_EQ(put("/v1/flavors/a", "{}").status, 404);
  const RawReply built_in = remove("/v1/flavors/kubernetes-mini-openstack");
  EXPECT_EQ(built_in.status, 400);
  EXPECT_THAT(built_in.body, HasSubstr("is built in"));
}

TEST_F(FlavorApiTest, DurationsAndVersionsAreTakenAsPeopleWriteThem) {
  const RawReply reply =
      post("/v1/flavors",
           R"({"name":"edge","kubernetes":{"version":"v1.30.2"},"care":{"boot_deadline":"15m",)"
           R"("api_server_deadline":"1h30m","nodes_ready_deadline":"90s","probe_interval":30}})");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr(R"("boot_deadline":"900s")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("api_server_deadline":"5400s")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("nodes_ready_deadline":"90s")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("probe_interval":"30s")"));
}

TEST_F(FlavorApiTest, ZeroIsSaidAndNotTheSameAsNothing) {
  const RawReply zero =
      post("/v1/flavors", R"({"name":"zero","kubernetes":{"conntrack_max_per_core":0}})");
  EXPECT_THAT(zero.body, HasSubstr(R"("conntrack_max_per_core":0)"));
  EXPECT_THAT(post("/v1/flavors", R"({"name":"none"})").body, Not(HasSubstr("conntrack")));
}

TEST_F(FlavorApiTest, UnknownMembersAreRefusedByTheirPath) {
  const RawReply reply = post("/v1/flavors", R"({"name":"a","masters":{"cuont":3}})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("flavor.masters.cuont: unknown field, did you mean"));
  EXPECT_EQ(get("/v1/flavors/a").status, 404);
}

TEST_F(FlavorApiTest, AKindIsKnownAsSoonAsItIsMade) {
  const char* provision = R"({"provisions":[{"name":"a","tenant":"t","kind":"edge"}]})";
  EXPECT_THAT(post("/v1/provision", provision).body, HasSubstr("unknown kind"));
  post("/v1/flavors", R"({"name":"edge"})");
  // Without a cloud this is as far as it goes.
  EXPECT_THAT(post("/v1/provision", provision).body, HasSubstr("OS_AUTH_URL"));
}

TEST_F(FlavorApiTest, GrpcAnswersTheSame) {
  const auto stub = ::mexosagent::v1::Flavors::NewStub(
      grpc::CreateChannel(server_->grpc_address().text(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext list_context;
  ::mexosagent::v1::ListFlavorsResponse flavors;
  ASSERT_TRUE(stub->ListFlavors(&list_context, {}, &flavors).ok());
  ASSERT_EQ(flavors.flavors_size(), 4);
  EXPECT_EQ(flavors.flavors(0).name(), "kubernetes-gpu-openstack");
  EXPECT_TRUE(flavors.flavors(0).built_in());
  grpc::ClientContext delete_context;
  ::mexosagent::v1::DeleteFlavorRequest deletion;
  deletion.set_name("nope");
  ::mexosagent::v1::DeleteFlavorResponse nothing;
  EXPECT_EQ(stub->DeleteFlavor(&delete_context, deletion, &nothing).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(FlavorApiTest, FlavorsSurviveARestart) {
  const std::string made = post("/v1/flavors", R"({"name":"edge","key_pair":"ops"})").body;
  start({.token = base::Secret(kToken)});
  EXPECT_EQ(get("/v1/flavors/edge").body, made);
}

}  // namespace
}  // namespace mex::api
