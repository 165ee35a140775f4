// gRPC through the proxy: what a call is refused with, and how long it may live.

#include "proxy/http2_origin_fixture.h"

namespace mex::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::HasSubstr;
using testing::Http2Origin;
using testing::reset;
using testing::response;
using namespace testing::frames;

class GrpcTest : public testing::Http2OriginFixture {
 protected:
  static std::string call(std::uint32_t stream, std::string_view path = "/app/s/m",
                          bool ends = false) {
    return headers(
        stream, request("POST", path, {{"content-type", "application/grpc"}, {"te", "trailers"}}),
        ends);
  }
  static void expect_refusal(const Answer& answer, const char* code) {
    ASSERT_EQ(answer.heads.size(), 1U);
    EXPECT_EQ(answer.status(), "200");
    EXPECT_EQ(answer.value("content-type"), "application/grpc");
    EXPECT_EQ(answer.value("grpc-status"), code);
    EXPECT_EQ(answer.body, "");
    EXPECT_TRUE(answer.has_ended);
  }
};

TEST_F(GrpcTest, ACallWithoutARouteIsUnimplemented) {
  const auto client = connect();
  client->send(call(1, "/other"));
  expect_refusal(answer_of(*client), "12");
}

TEST_F(GrpcTest, ACallToAnOriginThatIsDownIsUnavailable) {
  add_route(route_over(route::OriginProtocol::Http2, "http://127.0.0.1:1"));
  const auto client = connect();
  client->send(call(1));
  const Answer answer = answer_of(*client);
  expect_refusal(answer, "14");
  EXPECT_THAT(answer.value("grpc-message"), HasSubstr("the origin cannot be connected to"));
  EXPECT_NE(answer.value("x-request-id"), "");
}

TEST_F(GrpcTest, ACallBeyondALimitIsUnavailable) {
  stop();
  server_options_.connections.client_requests = 1;
  add_http2_route();
  const auto client = connect();
  client->send(call(1) + call(3));
  expect_refusal(answer_of(*client, 3), "14");
}

TEST_F(GrpcTest, OtherRequestsAndOtherProtocolsAreRefusedInHttp) {
  const auto client = connect();
  client->send(headers(1, request("POST", "/other", {{"content-type", "application/grpc-web"}})));
  EXPECT_EQ(answer_of(*client).status(), "404");
  testing::Peer browser = testing::ServiceFixture::client();
  browser.send(testing::get("/other", "Content-Type: application/grpc\r\n"));
  EXPECT_THAT(browser.take_until("\r\n\r\n"), HasSubstr("HTTP/1.1 404 "));
}

// Neither the proxy's timeouts for origins nor the server's for bodies end it.
TEST_F(GrpcTest, ACallThatPausesForMinutesLives) {
  const auto client = connect();
  client->send(call(1));
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  pass(minutes(20));
  client->send(data(1, "ping"));
  ASSERT_TRUE(origin->wait([&] { return origin->answer(stream).body == "ping"; }));
  pass(minutes(20));
  origin->send(response(stream) + data(stream, "pong"));
  ASSERT_TRUE(wait(*client, [&] { return client->answer(1).body == "pong"; }));
  pass(minutes(20));
  client->send(data(1, "", true));
  origin->whole_request(stream);
  pass(minutes(20));
  origin->send(headers(stream, {{"grpc-status", "0"}}));
  EXPECT_EQ(answer_of(*client).value("grpc-status"), "0");
}

TEST_F(GrpcTest, ACallThatIsDeadForAnHourEnds) {
  const auto client = connect();
  client->send(call(1));
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  turns();
  pass(minutes(61));
  EXPECT_GE(answer_of(*client).reset, 0);
  EXPECT_TRUE(origin->wait([&] { return origin->answer(stream).reset >= 0 || origin->closed(); }));
}

TEST_F(GrpcTest, ARouteMayCutItAllTheSame) {
  balance::OriginSetOptions options;
  options.origins = {{origin_.url(), 1, "id"}};
  options.timeouts.first_byte = std::chrono::seconds(5);
  const auto alone = route_over(route::OriginProtocol::Http2, origin_.url());
  auto origins = route::OriginSet::create(*alone, options, nullptr, {}, 1).value();
  add_route(route::with_origins(*alone, std::move(origins)));
  const auto client = connect();
  client->send(call(1, "/app/s/m", true));
  const auto origin = accept();
  origin->await_request();
  pass(milliseconds(5'100));
  expect_refusal(answer_of(*client), "14");
}

TEST_F(GrpcTest, OtherRequestsAreTimedOutAsBefore) {
  const auto client = connect();
  client->send(headers(1, request("POST", "/app/x"), false));
  const auto origin = accept();
  origin->await_request();
  turns();
  pass(std::chrono::seconds(31));
  EXPECT_EQ(answer_of(*client).status(), "408");
}

TEST_F(GrpcTest, WhatEitherSideCancelsIsCancelledAtTheOther) {
  const auto client = connect();
  client->send(call(1));
  const auto origin = accept();
  const std::uint32_t first = origin->await_request();
  client->send(server::http2::testing::reset(1));
  EXPECT_TRUE(origin->wait([&] { return origin->answer(first).reset == NGHTTP2_CANCEL; }));
  client->send(call(3) + data(3, "x"));
  const std::uint32_t second = origin->await_request();
  origin->send(response(second) + data(second, "half") + reset(second, NGHTTP2_CANCEL));
  EXPECT_GE(answer_of(*client, 3).reset, 0);
}

}  // namespace
}  // namespace mex::proxy
