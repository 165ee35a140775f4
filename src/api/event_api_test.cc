#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api_server_fixture.h"
#include "api/v1/event_resources.h"

namespace mex::api {
namespace {

using events::Type;
using ::testing::HasSubstr;
using ::testing::Not;

const access::Principal kCaller{
    .name = "test", .role = access::Role::Admin, .proof = access::Proof::Token};

class EventApiTest : public ApiServerTest {
 protected:
  void SetUp() override {
    ApiServerTest::SetUp();
    events_->record(Type::Normal, {.kind = "Certificate", .name = "default"}, "Issued", "serial 1");
    events_->record(Type::Warning, {.kind = "Cluster", .name = "c", .tenant = "t"}, "CreateFailed",
                    "no valid host");
    events_->record(Type::Warning, {.kind = "Cluster", .name = "c", .tenant = "t"}, "CreateFailed",
                    "no valid host");
  }
};

TEST_F(EventApiTest, TheNewestIsFirst) {
  const RawReply reply = get("/v1/events");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr(R"({"events":[{"number":"3","type":"WARNING","kind":"Cluster",)"
                                    R"("name":"c","tenant":"t","reason":"CreateFailed",)"
                                    R"("message":"no valid host","count":"2","first_at":"20)"));
  EXPECT_THAT(reply.body,
              HasSubstr(R"({"number":"1","type":"NORMAL","kind":"Certificate","name":"default",)"
                        R"("reason":"Issued","message":"serial 1","count":"1","first_at":"20)"));
  EXPECT_THAT(reply.body, Not(HasSubstr("next_page_token")));
}

TEST_F(EventApiTest, ComesInPages) {
  const RawReply first = get("/v1/events?page_size=1");
  EXPECT_THAT(first.body, HasSubstr(R"("next_page_token":"3")"));
  EXPECT_THAT(first.body, Not(HasSubstr("Issued")));
  const RawReply second = get("/v1/events?page_size=1&page_token=3");
  EXPECT_THAT(second.body, HasSubstr("Issued"));
  EXPECT_THAT(second.body, Not(HasSubstr("next_page_token")));
}

TEST_F(EventApiTest, IsNarrowed) {
  EXPECT_THAT(get("/v1/events?kind=Certificate").body, Not(HasSubstr("CreateFailed")));
  EXPECT_THAT(get("/v1/events?type=NORMAL").body, Not(HasSubstr("CreateFailed")));
  EXPECT_THAT(get("/v1/events?name=c&tenant=t").body, Not(HasSubstr("Issued")));
  EXPECT_EQ(get("/v1/events?tenant=u").body, "{}");
}

TEST_F(EventApiTest, WhatIsWrongIsNamed) {
  for (const auto& [query, field] :
       {std::pair("page_size=-1", "page_size"), std::pair("page_token=x", "page_token"),
        std::pair("page_token=0", "page_token"), std::pair("type=LOUD", "type")}) {
    const RawReply reply = get(std::string("/v1/events?") + query);
    EXPECT_EQ(reply.status, 400) << query;
    EXPECT_THAT(reply.body, HasSubstr(field)) << query;
  }
  ::mexosagent::v1::ListEventsRequest request;
  request.set_type(static_cast<::mexosagent::v1::Event::Type>(7));
  EXPECT_EQ(list_events(kCaller, *events_, request).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mex::api
