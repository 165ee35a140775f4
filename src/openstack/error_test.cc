#include "openstack/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "openstack/error_body.h"

namespace mex::openstack {
namespace {

using ::testing::EndsWith;
using ::testing::SizeIs;

struct BodyCase {
  std::string_view body;
  std::string_view type;
  std::string_view message;
};

class ErrorBodies : public ::testing::TestWithParam<BodyCase> {};

TEST_P(ErrorBodies, BecomeOneLine) {
  const ErrorBody body = read_error_body(GetParam().body);
  EXPECT_EQ(body.type, GetParam().type);
  EXPECT_EQ(body.message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Services, ErrorBodies,
    ::testing::Values(
        BodyCase{R"({"badRequest": {"code": 400, "message": "Can not find requested image"}})",
                 "badRequest", "Can not find requested image"},
        BodyCase{R"({"itemNotFound": {"message": "Instance x could not be found.", "code": 404}})",
                 "itemNotFound", "Instance x could not be found."},
        BodyCase{R"({"NeutronError": {"type": "OverQuota", "message": "Quota exceeded for )"
                 R"(resources: ['port'].", "detail": ""}})",
                 "OverQuota", "Quota exceeded for resources: ['port']."},
        BodyCase{R"({"NeutronError": "plain text"})", "NeutronError", "plain text"},
        BodyCase{R"({"error": {"code": 401, "title": "Unauthorized", "message": "The request )"
                 R"(you have made requires authentication."}})",
                 "Unauthorized", "The request you have made requires authentication."},
        BodyCase{R"({"errors": [{"title": "Bad version", "detail": "Version 9 is unknown"}]})",
                 "Bad version", "Version 9 is unknown"},
        BodyCase{R"({"message": "No image found", "code": "404 Not Found"})", "", "No image found"},
        BodyCase{R"({"message": "a\nb", "type": "T"})", "T", "a b"},
        BodyCase{"<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 "
                 "Not Found</h1>\n  No image found with ID zzz<br /><br />\n\n </body>\n</html>",
                 "", "404 Not Found No image found with ID zzz"},
        BodyCase{"upstream\r\n\tis  away\x7f", "", "upstream is away"},
        BodyCase{"<unclosed", "", ""}, BodyCase{"", "", ""},
        BodyCase{R"({"message": "Not found<br /><br />\n\nNo image with ID &#39;x&#39;"})", "",
                 "Not found No image with ID 'x'"},
        BodyCase{R"({"forbidden": {"message": "<!DOCTYPE html><HTML><HEAD><TITLE>t</TITLE></HEAD>)"
                 R"(<BODY onload=\"x>y\"><H1>403</H1> no</BODY></HTML>"}})",
                 "forbidden", "y\"> 403 no"},
        BodyCase{"<html><body><style>h1 {color: red}</style><script>alert(1 < 2)</script>503 "
                 "<!-- a padding --> away</body></html>",
                 "", "503 away"},
        BodyCase{R"({"message": "&lt;script&gt;alert(1)&lt;/script&gt; a &amp; b"})", "", "a & b"},
        BodyCase{R"({"message": "1 < 2, a <- b, c<>d"})", "", "1 < 2, a <- b, c<>d"},
        BodyCase{R"({"message": "<script>never closed"})", "", "never closed"},
        BodyCase{R"({"message": "<!-- never closed"})", "", ""},
        // JSON that no service should send.
        BodyCase{"[]", "", "[]"}, BodyCase{"{}", "", "{}"}, BodyCase{"7", "", "7"},
        BodyCase{R"({"a": {"message": 5}})", "a", R"({"a":{"message":5}})"},
        BodyCase{R"({"errors": []})", "errors", R"({"errors":[]})"},
        BodyCase{R"({"errors": [7]})", "", R"({"errors":[7]})"},
        BodyCase{R"({"error": null})", "", R"({"error":null})"}));

TEST(ErrorBodyTest, LongTextIsCutBetweenCharacters) {
  std::string text(399, 'x');
  text += "\xc3\xa9 and more";
  const ErrorBody body = read_error_body(text);
  EXPECT_EQ(body.message, std::string(399, 'x') + "…");
}

http_client::Response response(int status, std::string body) {
  return {.status = status,
          .headers = {{.name = "X-Openstack-Request-Id", .value = "req-1"}},
          .body = std::move(body)};
}

TEST(ErrorTest, TheMessageSaysWhatWasDoneAndWhyNot) {
  const absl::Status status = error_from_response(
      "delete network n1",
      response(409, R"({"NeutronError": {"type": "NetworkInUse", "message": "Ports in use."}})"));
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_EQ(base::message_of(status), "delete network n1: Ports in use. (HTTP 409 NetworkInUse)");
  EXPECT_EQ(base::detail_of(status).request_id, "req-1");
  EXPECT_EQ(base::detail_of(status).cloud_code, "NetworkInUse");
  EXPECT_EQ(base::message_of(error_from_response("x", response(502, ""))), "x (HTTP 502)");
}

TEST(ErrorTest, CodesOfHttpStatuses) {
  using Code = absl::StatusCode;
  for (const auto& [http, code] :
       {std::pair(400, Code::kInvalidArgument), std::pair(401, Code::kUnauthenticated),
        std::pair(403, Code::kPermissionDenied), std::pair(404, Code::kNotFound),
        std::pair(405, Code::kUnimplemented), std::pair(406, Code::kUnimplemented),
        std::pair(409, Code::kFailedPrecondition), std::pair(412, Code::kFailedPrecondition),
        std::pair(413, Code::kResourceExhausted), std::pair(422, Code::kInvalidArgument),
        std::pair(429, Code::kUnavailable), std::pair(500, Code::kInternal),
        std::pair(501, Code::kUnimplemented), std::pair(502, Code::kUnavailable),
        std::pair(503, Code::kUnavailable), std::pair(504, Code::kUnavailable),
        std::pair(599, Code::kInternal)}) {
    EXPECT_EQ(error_from_response("x", response(http, "")).code(), code) << http;
  }
}

TEST(ErrorTest, QuotasAreToldFromOtherRefusals) {
  const auto code = [](int http, std::string body) {
    return error_from_response("x", response(http, std::move(body))).code();
  };
  EXPECT_EQ(code(403, R"({"forbidden": {"message": "Quota exceeded for cores: Requested 9"}})"),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code(403, R"({"forbidden": {"message": "Policy doesn't allow this"}})"),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(code(409, R"({"NeutronError": {"type": "OverQuota", "message": "m"}})"),
            absl::StatusCode::kResourceExhausted);
}

// Nova's rate limit; quotas that were reported in this way had a 0.
TEST(ErrorTest, TooLargeWithAPauseIsToBeAskedAgain) {
  http_client::Response answer = response(413, R"({"overLimit": {"message": "Slow down"}})");
  EXPECT_EQ(error_from_response("x", answer).code(), absl::StatusCode::kResourceExhausted);
  answer.headers.push_back({.name = "Retry-After", .value = "0"});
  EXPECT_EQ(error_from_response("x", answer).code(), absl::StatusCode::kResourceExhausted);
  answer.headers.back().value = "7";
  EXPECT_EQ(error_from_response("x", answer).code(), absl::StatusCode::kUnavailable);
}

TEST(ErrorTest, NovasOldHeaderNamesTheRequestToo) {
  http_client::Response answer = response(500, "");
  answer.headers = {{.name = "x-compute-request-id", .value = "req-2"}};
  EXPECT_EQ(base::detail_of(error_from_response("x", answer)).request_id, "req-2");
}

TEST(ErrorTest, TheUnknownOutcomeIsAMark) {
  const absl::Status status = absl::UnavailableError("lost");
  EXPECT_FALSE(outcome_unknown(status));
  EXPECT_TRUE(outcome_unknown(with_unknown_outcome(status)));
  EXPECT_TRUE(outcome_unknown(base::annotate(with_unknown_outcome(status), "step 3")));
  EXPECT_FALSE(outcome_unknown(absl::OkStatus()));
}

TEST(ErrorTest, TransientErrors) {
  EXPECT_TRUE(is_transient(absl::UnavailableError("")));
  EXPECT_TRUE(is_transient(absl::DeadlineExceededError("")));
  EXPECT_TRUE(is_transient(absl::InternalError("")));
  EXPECT_FALSE(is_transient(absl::ResourceExhaustedError("")));
  EXPECT_FALSE(is_transient(absl::UnauthenticatedError("")));
  EXPECT_FALSE(is_transient(absl::OkStatus()));
}

}  // namespace
}  // namespace mex::openstack
