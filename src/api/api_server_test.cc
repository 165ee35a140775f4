#include "api/api_server.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <utility>

#include "api/api_server_fixture.h"
#include "api/pages.h"
#include "api/rest_service.h"
#include "base/status.h"
#include "mexosagent.grpc.pb.h"
#include "mexosagent/v1/clusters.grpc.pb.h"

namespace mex::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(ApiServerTest, ProxyVerbsAnswerAsTheOriginal) {
  const RawReply added = post(
      "/v1/proxy",
      R"({ "message": "add", "proxies": [  {"path": "/test2", "origin":"http://10.101.101.202:8081" } ] })",
      "Content-Type: application/json\r\n");
  EXPECT_EQ(added.status, 200);
  EXPECT_EQ(added.body, R"({"message":"add","status":"OK"})");
  EXPECT_THAT(added.head, HasSubstr("Content-Type: application/json"));
  EXPECT_EQ(post("/v1/proxy", R"({"message":"list"})").body,
            R"({"message":"list","status":"map[/test2:http://10.101.101.202:8081]"})");
  const std::string removal = R"({"message":"delete","proxies":[{"path":"/test2"}]})";
  EXPECT_EQ(post("/v1/proxy", removal).body, R"({"message":"delete","status":"OK"})");
  EXPECT_EQ(post("/v1/proxy", removal).body, R"({"message":"delete","status":"OK"})");
  EXPECT_EQ(post("/v1/proxy", R"({"message":"list"})").body,
            R"({"message":"list","status":"map[]"})");
}

TEST_F(ApiServerTest, ProxyFaults) {
  EXPECT_THAT(post("/v1/proxy", R"({"message":"add"})").body,
              HasSubstr("missing proxy definitions"));
  const RawReply verb = post("/v1/proxy", R"({"message":"replace"})");
  EXPECT_EQ(verb.status, 400);
  EXPECT_THAT(verb.body, HasSubstr("invalid request"));
  const RawReply origin =
      post("/v1/proxy", R"({"message":"add","proxies":[{"path":"/a","origin":"10.1.1.1:80"}]})");
  EXPECT_EQ(origin.status, 400);
  EXPECT_THAT(origin.body, HasSubstr("proxies[0].origin"));
  EXPECT_THAT(origin.body, HasSubstr(R"("code":3)"));
}

TEST_F(ApiServerTest, StatusShowsVersionAndRoutes) {
  post("/v1/proxy",
       R"({"message":"add","proxies":[{"name":"n","path":"/a","origin":"http://o"}]})");
  EXPECT_EQ(post("/v1/status", "").body,
            R"({"message":"OK, version 9.9.9","status":"OK",)"
            R"("proxies":[{"name":"n","origin":"http://o","path":"/a"}],)"
            R"("cloud":"not configured: no OpenStack is configured: OS_AUTH_URL"})");
}

// MEX_K8SOS_ENV=/nope was seen with the first create alone.
TEST_F(ApiServerTest, WhatIsWrongWithTheCloudIsShownBeforeTheFirstCreate) {
  const RawReply reply = get("/v1/cloud");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(
      reply.body,
      R"({"state":"NOT_CONFIGURED","reason":)"
      R"({"message":"no OpenStack is configured: OS_AUTH_URL","code":"FAILED_PRECONDITION"}})");
}

TEST_F(ApiServerTest, ProvisionWithoutACloudSaysWhatIsMissing) {
  const RawReply reply = post(
      "/v1/provision",
      R"({"provisions": [{"name":"test-1", "tenant":"tenant-1", "kind":"kubernetes-mini-openstack"}]})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("OS_AUTH_URL"));
  EXPECT_THAT(reply.body, HasSubstr(R"("code":9)"));
  EXPECT_THAT(post("/v1/provision", "{}").body, HasSubstr("missing provisions"));
}

TEST_F(ApiServerTest, DestroyOfNothingIsOk) {
  EXPECT_EQ(post("/v1/destroy",
                 R"({"message":"bye","provisions":[{"name":"test-1","tenant":"tenant-1"}]})")
                .body,
            R"({"message":"bye","status":"OK"})");
}

// The original's texts. What the kernel does is tested in edge and by the integration tests.
TEST_F(ApiServerTest, RoutesOfTheHost) {
  EXPECT_THAT(post("/v1/route", R"({"message":"list"})").body, StartsWith(R"({"message":"list")"));
  const RawReply unknown = post("/v1/route", R"({"message":"ad"})");
  EXPECT_EQ(unknown.status, 200);
  EXPECT_EQ(unknown.body, R"({"message":"Error, invalid request ad"})");
  EXPECT_THAT(post("/v1/route", R"({"message":"add"})").body,
              HasSubstr("missing Route definitions"));
  const RawReply refused = post(
      "/v1/route",
      R"({"message":"add","routes":[{"subnet":"10.9.0.1/16","gateway":"10.0.0.9","dev":"e"}]})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("can't add route: routes[0].subnet: "));
  EXPECT_EQ(post("/v1/route", R"({"message":"delete","routes":[{"subnet":"10.9.0.0/16"}]})").status,
            404);
}

TEST_F(ApiServerTest, ResourcesAreListedAndGot) {
  post("/v1/proxy", R"({"message":"add","proxies":[{"path":"/app/*c","origin":"http://o"}]})");
  EXPECT_THAT(get("/v1/proxies").body, HasSubstr(R"("path":"/app/*c")"));
  EXPECT_THAT(get("/v1/proxies/app%2F*c").body, HasSubstr(R"("origin":"http://o")"));
  EXPECT_EQ(get("/v1/proxies/none").status, 404);
  EXPECT_EQ(get("/v1/clusters").body, "{}");
  EXPECT_EQ(get("/v1/tenants/t/clusters").body, "{}");
  EXPECT_EQ(get("/v1/tenants/t/clusters/c").status, 404);
  EXPECT_EQ(get("/v1/tenants/t/clusters/c/kubeconfig").status, 404);
  EXPECT_EQ(get("/v1/operations?page_size=5").body, "{}");
  EXPECT_EQ(get("/v1/operations?page_size=x").status, 400);
  EXPECT_EQ(get("/v1/operations/none").status, 404);
}

TEST_F(ApiServerTest, HeadIsGetWithoutBody) {
  const RawReply head = request(server_->rest_address(), "HEAD", "/v1/operations");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_THAT(head.head, HasSubstr("Content-Length: 2"));
}

TEST_F(ApiServerTest, UnknownFieldsAreNamed) {
  const RawReply reply = post("/v1/status", R"({"mesage":"x","a":{"b":1}})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.head, HasSubstr("X-Mex-Unknown-Fields: mesage, a"));
  EXPECT_THAT(post("/v1/status", "{}").head, Not(HasSubstr("X-Mex-Unknown-Fields")));
}

TEST_F(ApiServerTest, BadRequests) {
  EXPECT_THAT(post("/v1/status", "{").body, HasSubstr("malformed JSON at line 1, column 2"));
  EXPECT_EQ(post("/v1/status", "{").status, 400);
  EXPECT_THAT(post("/v1/status", R"({"message":1})").body,
              HasSubstr("message: must be a string, not a number"));
  const RawReply unknown = get("/v1/nothing");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body, "Not Found\n");
  const RawReply method = get("/v1/provision");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.body, "Method Not Allowed\n");
  EXPECT_THAT(method.head, HasSubstr("Allow: POST"));
  EXPECT_THAT(post("/v1/operations", "").head, HasSubstr("Allow: GET, HEAD"));
}

TEST_F(ApiServerTest, BodiesOverTheLimitAre413) {
  const std::string large(RestService::kMaxBody + 1, ' ');
  EXPECT_EQ(post("/v1/status", large).status, 413);
  EXPECT_EQ(post("/v1/status", large.substr(1)).status, 200);
  const std::string chunked =
      "POST /v1/status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
      "Connection: close\r\n\r\n100001\r\n" +
      large + "\r\n0\r\n\r\n";
  EXPECT_EQ(exchange_bytes(server_->rest_address(), chunked).status, 413);
}

TEST_F(ApiServerTest, ProbesAndNumbers) {
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").body, "store: ok\n");
  parts_.push_back({"proxy", absl::NotFoundError("no cert.pem")});
  const RawReply unready = get("/readyz");
  EXPECT_EQ(unready.status, 503);
  EXPECT_THAT(unready.body, HasSubstr("proxy: no cert.pem"));
  EXPECT_THAT(get("/metrics").head, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(get("/metrics").body, HasSubstr("mex_cluster_silent_api_servers 0"));
}

TEST_F(ApiServerTest, Pages) {
  const RawReply docs = get("/docs");
  EXPECT_EQ(docs.status, 200);
  EXPECT_THAT(docs.head, HasSubstr("Content-Security-Policy: default-src 'none'"));
  const std::size_t tag = docs.head.find("ETag: ") + 6;
  const std::string etag = docs.head.substr(tag, docs.head.find("\r\n", tag) - tag);
  const RawReply again = get("/docs", "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(post("/docs", "").status, 405);
  EXPECT_EQ(get("/docs/swagger-ui-bundle.js").body.size(),
            find_page("/docs/swagger-ui-bundle.js")->content.size());
}

TEST_F(ApiServerTest, AccessOverRest) {
  start({.trust_loopback = false, .token = base::Secret(kToken)});
  const RawReply refused = get("/v1/clusters");
  EXPECT_EQ(refused.status, 401);
  EXPECT_THAT(refused.head, HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_THAT(refused.body, HasSubstr(R"("code":16)"));
  EXPECT_EQ(get("/v1/tenants/t/clusters/c/kubeconfig").status, 401);
  EXPECT_EQ(get("/metrics").status, 401);
  EXPECT_EQ(get("/healthz").status, 200);
  const std::string authorization = std::string("Authorization: Bearer ") + kToken + "\r\n";
  EXPECT_EQ(get("/v1/clusters", authorization).status, 200);
}

TEST_F(ApiServerTest, PagesOfOtherSitesAreRefused) {
  EXPECT_EQ(get("/v1/clusters", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(get("/v1/clusters", "Sec-Fetch-Site: cross-site\r\n").status, 403);
  EXPECT_EQ(get("/v1/clusters", "X-Forwarded-For: 192.0.2.1\r\n").status, 401);
  EXPECT_EQ(exchange_bytes(server_->rest_address(),
                           "GET /v1/clusters HTTP/1.1\r\nHost: evil.example\r\n"
                           "Connection: close\r\n\r\n")
                .status,
            403);
}

TEST_F(ApiServerTest, GrpcAnswersTheSame) {
  grpc::ClientContext context;
  ::api::ProvisionRequest bad;
  ::api::ProvisionResponse reply;
  const grpc::Status status = stub()->Provision(&context, bad, &reply);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "missing provisions");

  grpc::ClientContext second;
  ::api::StatusResponse state;
  ASSERT_TRUE(stub()->Status(&second, {}, &state).ok());
  EXPECT_EQ(state.message(), "OK, version 9.9.9");
}

// Clients from before `cluster` send `name`, by number over gRPC and by name in JSON.
TEST_F(ApiServerTest, GetClusterTakesThePreviousFieldToo) {
  const auto clusters = ::mexosagent::v1::Clusters::NewStub(
      grpc::CreateChannel(server_->grpc_address().text(), grpc::InsecureChannelCredentials()));
  const auto answer_to = [&clusters](const char* json) {
    ::mexosagent::v1::GetClusterRequest request;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &request).ok()) << json;
    grpc::ClientContext context;
    ::mexosagent::v1::Cluster cluster;
    return clusters->GetCluster(&context, request, &cluster).error_message();
  };
  EXPECT_THAT(answer_to(R"({"tenant":"t","name":"previous"})"), HasSubstr("previous"));
  EXPECT_THAT(answer_to(R"({"tenant":"t","cluster":"current"})"), HasSubstr("current"));
  EXPECT_THAT(answer_to(R"({"tenant":"t","cluster":"current","name":"previous"})"),
              HasSubstr("current"));
  EXPECT_THAT(get("/v1/tenants/t/clusters/current").body, HasSubstr("current"));
  EXPECT_THAT(get("/v1/tenants/t/clusters/current?name=previous").body, HasSubstr("current"));
}

TEST_F(ApiServerTest, AccessOverGrpc) {
  start({.trust_loopback = false, .token = base::Secret(kToken)});
  grpc::ClientContext without;
  ::api::StatusResponse reply;
  EXPECT_EQ(stub()->Status(&without, {}, &reply).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  grpc::ClientContext with;
  with.AddMetadata("authorization", std::string("Bearer ") + kToken);
  EXPECT_TRUE(stub()->Status(&with, {}, &reply).ok());
  grpc::ClientContext guessed;
  guessed.AddMetadata("x-mex-in-process-key", "guess");
  EXPECT_EQ(stub()->Status(&guessed, {}, &reply).error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(ApiServerTest, AddressInUseIsNamed) {
  const net::Address taken = server_->rest_address();
  const auto second = ApiServer::create({.grpc = net::Address::loopback(0),
                                         .rest = taken,
                                         .cloud = cloud_,
                                         .clusters = *clusters_,
                                         .routes = *routes_,
                                         .host_routes = *host_routes_,
                                         .nginx = *nginx_,
                                         .events = *events_,
                                         .store = *store_,
                                         .access = {},
                                         .readiness = [] { return std::vector<ReadinessPart>(); },
                                         .version = ""});
  EXPECT_THAT(second.status().ToString(), HasSubstr(taken.text()));
  const auto third = ApiServer::create({.grpc = server_->grpc_address(),
                                        .rest = net::Address::loopback(0),
                                        .cloud = cloud_,
                                        .clusters = *clusters_,
                                        .routes = *routes_,
                                        .host_routes = *host_routes_,
                                        .nginx = *nginx_,
                                        .events = *events_,
                                        .store = *store_,
                                        .access = {},
                                        .readiness = [] { return std::vector<ReadinessPart>(); },
                                        .version = ""});
  EXPECT_THAT(third.status().ToString(), HasSubstr(server_->grpc_address().text()));
}

TEST_F(ApiServerTest, DrainedItAnswersNoOne) {
  const net::Address rest = server_->rest_address();
  server_->drain({.deadline = std::chrono::seconds(5)});
  EXPECT_EQ(request(rest, "GET", "/healthz").status, 0);
}

}  // namespace
}  // namespace mex::api
