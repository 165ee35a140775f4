// What callers hear when a call takes too long or too much, with limits that are soon reached.
#include "api/rpc_call.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "api/grpc_server.h"
#include "mexosagent/v1/proxies.grpc.pb.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr char kProcessKey[] = "key";

// A method that may wait until it is let go.
struct Subject {
  void wait_if_asked() const {
    if (is_slow) over.wait();
  }
  bool is_slow = false;
  std::promise<void> end;
  std::shared_future<void> over{end.get_future()};
};

v1::ProxyRoute get_or_wait(const access::Principal&, const Subject& subject,
                           const v1::GetProxyRequest& request) {
  if (request.name() == "fails") throw std::runtime_error("a fault of the agent");
  if (request.name() == "slow") subject.wait_if_asked();
  v1::ProxyRoute reply;
  reply.set_name(request.name());
  return reply;
}

class RpcCallTest : public ::testing::Test {
 protected:
  void create(RpcLimits limits) {
    services_.push_back(std::make_unique<RpcService>("mexosagent.v1.Proxies"));
    services_.back()->add("GetProxy", get_or_wait, subject_);
    server_ = *GrpcServer::within_process(services_, authorizer_, std::move(limits));
    channel_ = server_->in_process_channel();
  }
  void TearDown() override {
    if (subject_.is_slow) subject_.end.set_value();
    channel_.reset();
    server_.reset();
  }

  static void prepare(grpc::ClientContext& context) {
    context.AddMetadata(RpcAuthorizer::kInProcessKey, kProcessKey);
    context.AddMetadata(
        RpcAuthorizer::kPrincipal,
        access::to_json(
            {.name = "test", .role = access::Role::Admin, .proof = access::Proof::Token}));
  }
  grpc::Status call(const std::string& name) {
    grpc::ClientContext context;
    prepare(context);
    v1::GetProxyRequest request;
    request.set_name(name);
    v1::ProxyRoute reply;
    return v1::Proxies::NewStub(channel_)->GetProxy(&context, request, &reply);
  }

  Subject subject_;
  const access::AccessPolicy policy_{{}};
  const RpcAuthorizer authorizer_{policy_, kProcessKey};
  GrpcServer::Services services_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(RpcCallTest, AMessageThatDoesNotArriveIsNotWaitedFor) {
  create({.read_time = milliseconds(50)});
  grpc::ClientContext context;
  prepare(context);
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel_);
  const auto head = stub.PrepareCall(&context, "/mexosagent.v1.Proxies/GetProxy", &queue);
  grpc::Status status;
  head->StartCall(&status);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  head->Finish(&status, &status);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(status.error_message(), HasSubstr("did not arrive"));
}

TEST_F(RpcCallTest, WhoWaitsForAMethodThatHangsHearsThatItGoesOn) {
  subject_.is_slow = true;
  create({.answer_time = milliseconds(50)});
  const grpc::Status status = call("slow");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(status.error_message(), HasSubstr("going on"));
}

TEST_F(RpcCallTest, WhoWaitsForAThreadHearsThatNothingWasBegun) {
  subject_.is_slow = true;
  create({.lane = [](Lane) {
    return CallLane::Limits{
        .name = "reads", .threads = 1, .waiting = 9, .max_wait = milliseconds(50)};
  }});
  std::thread first([this] { call("slow"); });
  // The first may come second; then this one is answered.
  grpc::Status status;
  while (status.ok()) status = call("a");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("busy: other reads go on"));
  subject_.end.set_value();
  subject_.is_slow = false;
  first.join();
  EXPECT_TRUE(call("a").ok());
}

TEST_F(RpcCallTest, RequestsAndAnswersBeyondTheBudgetAreRefused) {
  create({.request_bytes = 100, .reply_bytes = 50});
  EXPECT_TRUE(call("a").ok());
  const grpc::Status answer = call(std::string(70, 'a'));
  EXPECT_EQ(answer.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(answer.error_message(), HasSubstr("busy: answers"));
  const grpc::Status request = call(std::string(200, 'a'));
  EXPECT_EQ(request.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(request.error_message(), HasSubstr("busy: requests"));
  EXPECT_TRUE(call("a").ok());
}

TEST_F(RpcCallTest, TooManyCallsAreRefused) {
  create({.calls = 0, .reading = 0});
  const grpc::Status status = call("a");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("calls are under way"));
}

TEST_F(RpcCallTest, AnExceptionIsAFaultOfTheAgent) {
  create({});
  const grpc::Status status = call("fails");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(status.error_message(), HasSubstr("a fault of the agent"));
}

TEST_F(RpcCallTest, UnknownMethodsAreUnimplemented) {
  create({});
  grpc::ClientContext context;
  prepare(context);
  v1::ListProxiesResponse reply;
  EXPECT_EQ(v1::Proxies::NewStub(channel_)->ListProxies(&context, {}, &reply).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace mex::api
