// Checks of gRPC: the bytes of question and answer, and an origin that is asked over HTTP/2.

#include "proxy/health/grpc_health.h"

#include "proxy/health/health_checks.h"
#include "proxy/http2_origin_fixture.h"
#include "proxy/observed_origin.h"

namespace mex::proxy::health {
namespace {

using balance::CheckResult;
using ::testing::Contains;
using testing::Http2Origin;
using testing::response;
using namespace testing::frames;

std::string framed(const std::string& message) {
  return std::string("\0\0\0\0", 4) + static_cast<char>(message.size()) + message;
}

TEST(GrpcHealthTest, TheQuestionNamesItsService) {
  EXPECT_EQ(grpc_health_question(""), framed(""));
  EXPECT_EQ(grpc_health_question("a.B"), framed("\x0a\x03"
                                                "a.B"));
}

TEST(GrpcHealthTest, OnlyServingIsGood) {
  const auto is_serving = [](const std::string& body, std::string_view status) {
    GrpcHealthAnswer answer;
    for (const char& byte : body) answer.add({&byte, 1});
    answer.set_status(status);
    return answer.is_serving();
  };
  const std::string serving = framed("\x08\x01");
  EXPECT_TRUE(is_serving(serving, "0"));
  EXPECT_TRUE(is_serving(framed("\x08\x01\x12\x01z"), "0"));
  EXPECT_FALSE(is_serving(serving, "5"));
  EXPECT_FALSE(is_serving(serving, ""));
  EXPECT_FALSE(is_serving(framed("\x08\x02"), "0")) << "NOT_SERVING";
  EXPECT_FALSE(is_serving(framed(""), "0")) << "UNKNOWN";
  EXPECT_FALSE(is_serving("", "0"));
  EXPECT_FALSE(is_serving(serving + "x", "0"));
  EXPECT_FALSE(is_serving("\x01" + serving.substr(1), "0")) << "compressed";
  EXPECT_FALSE(is_serving(framed("\x08\x01" + std::string(100, 'x')), "0")) << "too long";
}

class GrpcCheckTest : public testing::Http2OriginFixture {
 protected:
  // A check is under way; the origin's end of it.
  std::unique_ptr<Http2Origin> begin_check() {
    balance::OriginSetOptions options;
    options.origins = {{origin_.url(), 1, "id"}};
    options.health_check.type = balance::CheckType::Grpc;
    options.health_check.service = "a.B";
    options.health_check.jitter_percent = 0;
    add_origins("/a", options);
    checks_ = std::make_unique<HealthChecks>(
        CheckContext{*loop_, service_->origins(), "agent-under-test"});
    checks_->use({set("/a")});
    pass(std::chrono::milliseconds(16));
    return accept();
  }
  void expect_result(CheckResult expected) {
    const auto& state = *group("/a").members()[0].state;
    EXPECT_TRUE(
        net::testing::run_until(*loop_, [&] { return state.check_result() != CheckResult::None; }));
    EXPECT_EQ(state.check_result(), expected);
  }

  std::unique_ptr<HealthChecks> checks_;
};

TEST_F(GrpcCheckTest, AnOriginThatServesPasses) {
  const auto origin = begin_check();
  const std::uint32_t stream = origin->await_request();
  const Answer asked = origin->whole_request(stream);
  EXPECT_EQ(asked.value(":method"), "POST");
  EXPECT_EQ(asked.value(":path"), kGrpcHealthPath);
  EXPECT_EQ(asked.value("content-type"), "application/grpc");
  EXPECT_EQ(asked.value("te"), "trailers");
  EXPECT_EQ(asked.body, grpc_health_question("a.B"));
  origin->send(response(stream, "200", {{"content-type", "application/grpc"}}) +
               data(stream, framed("\x08\x01")) + headers(stream, {{"grpc-status", "0"}}));
  expect_result(CheckResult::Passed);
}

TEST_F(GrpcCheckTest, OneThatDoesNotServeFails) {
  const auto origin = begin_check();
  const std::uint32_t stream = origin->await_request();
  origin->send(response(stream) + data(stream, framed("\x08\x02")) +
               headers(stream, {{"grpc-status", "0"}}));
  expect_result(CheckResult::Failed);
  EXPECT_EQ(observe(*set("/a"), clock_)[0].reason,
            "when it was checked, it did not say that it serves");
}

TEST_F(GrpcCheckTest, OneThatDoesNotKnowTheServiceFails) {
  const auto origin = begin_check();
  origin->send(response(origin->await_request(), "200", {{"grpc-status", "5"}}, true));
  expect_result(CheckResult::Failed);
}

TEST_F(GrpcCheckTest, OneThatIsNoServerOfGrpcFails) {
  const auto origin = begin_check();
  origin->send(response(origin->await_request(), "404", {}, true));
  expect_result(CheckResult::Failed);
  EXPECT_EQ(observe(*set("/a"), clock_)[0].reason, "it answered its health check with 404");
}

TEST_F(GrpcCheckTest, OneThatIsSilentFails) {
  const auto origin = begin_check();
  origin->await_request();
  pass(std::chrono::milliseconds(2'100));
  expect_result(CheckResult::Failed);
}

}  // namespace
}  // namespace mex::proxy::health
