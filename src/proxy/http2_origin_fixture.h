#pragma once

// A route to an origin over HTTP/2 without TLS, with clients of both versions. Header only; not
// part of the library.

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <string_view>

#include "proxy/service_fixture.h"
#include "proxy/upstream/http2/testing.h"

namespace mex::proxy::testing {

class Http2OriginFixture : public ServiceFixture {
 protected:
  Http2OriginFixture() { server_options_.http2.prior_knowledge = true; }

  static std::shared_ptr<const route::Route> route_over(route::OriginProtocol protocol,
                                                        const std::string& url) {
    route::ActionSpec action;
    action.origin_protocol = protocol;
    return route::make_route(route::Rule{{}, route::PathPattern::parse("/app").value(), {}},
                             route::Action::create(action).value(), url,
                             std::make_shared<route::Counters>(1))
        .value();
  }
  void add_http2_route() { add_route(route_over(route::OriginProtocol::Http2, origin_.url())); }

  void SetUp() override { add_http2_route(); }

  std::unique_ptr<Http2Origin> accept(bool greets = true) {
    auto origin = std::make_unique<Http2Origin>(*loop_, origin_.accept());
    if (greets) origin->greet();
    return origin;
  }

  std::unique_ptr<frames::Http2Client> connect() {
    auto made = std::make_unique<frames::Http2Client>(server::testing::Client(
        *loop_, std::move(net::connect_to(server_->local_address()).socket)));
    made->greet();
    return made;
  }
  bool wait(frames::Http2Client& from, const std::function<bool()>& condition) {
    return net::testing::run_until(*loop_, [&] {
      from.take();
      return condition();
    });
  }
  frames::Answer answer_of(frames::Http2Client& from, std::uint32_t stream = 1) {
    EXPECT_TRUE(wait(from, [&] {
      const frames::Answer& answer = from.answer(stream);
      return answer.has_ended || answer.reset >= 0 || from.ended();
    }));
    return from.answer(stream);
  }
};

}  // namespace mex::proxy::testing
