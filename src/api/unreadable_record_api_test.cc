#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api_server_fixture.h"

namespace mex::api {
namespace {

using ::testing::HasSubstr;

class UnreadableRecordApiTest : public ApiServerTest {
 protected:
  void SetUp() override {
    ApiServerTest::SetUp();
    ASSERT_TRUE(store_->commit(store::Transaction().put("/proxies/%2Fa", "{\"cut")).ok());
    store_->set_aside("/proxies/%2Fa", absl::DataLossError("/proxies/%2Fa: is cut"));
  }
  RawReply erase(std::string_view query) {
    return request(server_->rest_address(), "DELETE", "/v1/unreadable-records" + std::string(query),
                   "");
  }
};

TEST_F(UnreadableRecordApiTest, IsShownWithItsBytes) {
  const RawReply reply = get("/v1/unreadable-records");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"records":[{"key":"/proxies/%2Fa","problem":"/proxies/%2Fa: is cut",)"
                        R"("value":"eyJjdXQ="}]})");
}

TEST_F(UnreadableRecordApiTest, IsRemovedOnlyByItsKey) {
  EXPECT_EQ(erase("").status, 400);
  EXPECT_EQ(erase("?key=/proxies/%2Fa").status, 404);  // decoded, that is another key
  EXPECT_EQ(erase("?key=/agent/id").status, 404);      // it can be read
  EXPECT_TRUE(store_->get("/agent/id").ok());
  EXPECT_EQ(erase("?key=/proxies/%252Fa").status, 200);
  EXPECT_EQ(get("/v1/unreadable-records").body, "{}");
  EXPECT_EQ(erase("?key=/proxies/%252Fa").status, 404);
}

TEST_F(UnreadableRecordApiTest, OneThatIsGoneMeanwhileIsNotShown) {
  store_->set_aside("/proxies/gone", absl::DataLossError("x"));
  EXPECT_THAT(get("/v1/unreadable-records").body, HasSubstr("is cut"));
}

TEST_F(UnreadableRecordApiTest, StatusNamesWhatIsWrongWithTheAgent) {
  parts_ = {
      {"store", absl::OkStatus()},
      {.name = "records", .status = absl::DataLossError("1 cannot be read"), .is_required = false}};
  EXPECT_THAT(post("/v1/status", "{}").body,
              HasSubstr(R"("problems":["records: 1 cannot be read"])"));
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_THAT(get("/readyz").body, HasSubstr("records: 1 cannot be read\n"));
}

}  // namespace
}  // namespace mex::api
