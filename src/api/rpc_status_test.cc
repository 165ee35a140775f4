#include "api/rpc_status.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::api {
namespace {

TEST(RpcStatusTest, HttpStatusOfEveryCode) {
  using Code = absl::StatusCode;
  const struct {
    Code code;
    int http;
  } cases[] = {
      {Code::kOk, 200},
      {Code::kCancelled, 499},
      {Code::kUnknown, 500},
      {Code::kInvalidArgument, 400},
      {Code::kDeadlineExceeded, 504},
      {Code::kNotFound, 404},
      {Code::kAlreadyExists, 409},
      {Code::kPermissionDenied, 403},
      {Code::kResourceExhausted, 429},
      {Code::kFailedPrecondition, 400},
      {Code::kAborted, 409},
      {Code::kOutOfRange, 400},
      {Code::kUnimplemented, 501},
      {Code::kInternal, 500},
      {Code::kUnavailable, 503},
      {Code::kDataLoss, 500},
      {Code::kUnauthenticated, 401},
  };
  for (const auto& row : cases) {
    EXPECT_EQ(http_status_of(static_cast<int>(row.code)), row.http) << static_cast<int>(row.code);
  }
  EXPECT_EQ(http_status_of(99), 500);
}

TEST(RpcStatusTest, ErrorHasTheOriginalsForm) {
  EXPECT_EQ(error_json(to_rpc_status(absl::NotFoundError("no \"x\""))),
            R"({"error":"no \"x\"","message":"no \"x\"","code":5})");
}

TEST(RpcStatusTest, DetailsTellFieldCloudCodeAndRequestId) {
  const absl::Status status =
      base::with_detail(base::field_error("provisions[0].name", "must be a DNS label"),
                        {.field = {}, .request_id = "req-1", .cloud_code = "OverQuota"});
  const std::string json = error_json(to_rpc_status(status));
  EXPECT_NE(json.find(R"("field":"provisions[0].name")"), json.npos) << json;
  EXPECT_NE(json.find(R"("type":"OverQuota","subject":"openstack")"), json.npos) << json;
  EXPECT_NE(json.find(R"("requestId":"req-1")"), json.npos) << json;
  EXPECT_NE(json.find(R"("@type":"type.googleapis.com/google.rpc.BadRequest")"), json.npos);
}

TEST(RpcStatusTest, DetailOfAnUnknownTypeIsLeftOut) {
  google::rpc::Status status = to_rpc_status(absl::AbortedError("x"));
  google::protobuf::Any& detail = *status.add_details();
  detail.set_type_url("type.googleapis.com/none.Such");
  detail.set_value("x");
  EXPECT_EQ(error_json(status), R"({"error":"x","message":"x","code":10})");
}

}  // namespace
}  // namespace mex::api
