#include "api/transcoding/request_message.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "api/transcoding/test_schema.h"
#include "base/status.h"

namespace mex::api::transcoding {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string short_text(const google::protobuf::Message& message) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintToString(message, &text);
  if (!text.empty()) text.pop_back();
  return text;
}

class RequestMessageTest : public ::testing::Test {
 protected:
  // Names are ignored in package `api` alone.
  explicit RequestMessageTest(std::string package = "api")
      : schema_(std::move(package)),
        table_(*RuleTable::from_services({&schema_.service("Things")})) {}

  absl::StatusOr<RequestMessage> request(std::string_view method, std::string_view target,
                                         std::string_view body) {
    const std::size_t mark = std::min(target.find('?'), target.size());
    const Lookup lookup = table_.find(method, target.substr(0, mark));
    EXPECT_NE(lookup.rule, nullptr) << method << " " << target;
    return make_request(*lookup.rule, lookup.bindings,
                        target.substr(std::min(mark + 1, target.size())), body, schema_.factory());
  }

  std::string text(std::string_view method, std::string_view target, std::string_view body) {
    const auto made = request(method, target, body);
    return made.ok() ? short_text(*made->message) : made.status().ToString();
  }

  absl::Status fault(std::string_view body) {
    const auto made = request("POST", "/v1/things", body);
    EXPECT_FALSE(made.ok()) << body;
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument) << made.status();
    return made.status();
  }

  TestSchema schema_;
  RuleTable table_;
};

TEST_F(RequestMessageTest, BodyFillsTheWholeRequest) {
  EXPECT_EQ(text("POST", "/v1/things",
                 R"({"name":"a","parts":[{"name":"p","size":3}],"color":"RED","on":true})"),
            R"(name: "a" parts { name: "p" size: 3 } on: true color: RED)");
  EXPECT_EQ(text("POST", "/v1/things", R"({"labels":{"k":"v"},"big":"18446744073709551615"})"),
            R"(labels { key: "k" value: "v" } big: 18446744073709551615)");
}

TEST_F(RequestMessageTest, EmptyBodyIsAnEmptyRequest) {
  EXPECT_EQ(text("POST", "/v1/things", ""), "");
  EXPECT_EQ(text("POST", "/v1/things", " \r\n\t"), "");
  EXPECT_EQ(text("POST", "/v1/things", "{}"), "");
}

TEST_F(RequestMessageTest, NullIsAsIfItWereNotThere) {
  EXPECT_EQ(text("POST", "/v1/things", R"({"name":null,"parts":null,"on":true})"), "on: true");
}

TEST_F(RequestMessageTest, BodyFillsOneField) {
  EXPECT_EQ(text("PUT", "/v1/things/t1?on=true", R"({"name":"p"})"),
            R"(name: "t1" main { name: "p" } on: true)");
}

TEST_F(RequestMessageTest, PathWinsOverBody) {
  EXPECT_EQ(text("POST", "/v1/things/t1:paint", R"({"name":"other","color":1})"),
            R"(name: "t1" color: RED)");
}

TEST_F(RequestMessageTest, QueryFillsFieldsOfEveryKind) {
  EXPECT_EQ(
      text("GET", "/v1/things/t1?tags=a&tags=b+c%26&main.size=-4&on=false&color=RED&ratio=1.5", ""),
      R"(name: "t1" main { size: -4 } color: RED tags: "a" tags: "b c&" ratio: 1.5)");
  EXPECT_EQ(text("GET", "/v1/things/t1?&&big=7&raw=%FF", ""), R"(name: "t1" big: 7 raw: "\377")");
}

TEST_F(RequestMessageTest, QueryFaultsNameTheField) {
  const struct {
    const char* query;
    const char* field;
  } cases[] = {{"main.size=x", "main.size"}, {"on=yes", "on"},
               {"color=BLUE", "color"},      {"big=-1", "big"},
               {"ratio=", "ratio"},          {"main=x", "main"},
               {"tags=%FF", "tags"},         {"big=1%202", "big"}};
  for (const auto& row : cases) {
    const auto made = request("GET", std::string("/v1/things/t1?") + row.query, "");
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument) << row.query;
    EXPECT_EQ(base::detail_of(made.status()).field, row.field);
  }
  EXPECT_THAT(request("GET", "/v1/things/t1?name=%4", "").status().ToString(),
              HasSubstr("percent-encoding"));
}

TEST_F(RequestMessageTest, UnknownNamesAreIgnoredAndNamed) {
  const auto made =
      request("POST", "/v1/things", R"({"nmae":{"deep":[1]},"parts":[{},{"sice":3}],"name":"a"})");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->unknown, ElementsAre("nmae", "parts[1].sice"));
  EXPECT_EQ(short_text(*made->message), R"(name: "a" parts { } parts { })");
  EXPECT_THAT(request("GET", "/v1/things/t1?nmae=1", "")->unknown, ElementsAre("nmae"));
}

TEST_F(RequestMessageTest, MembersOfMapsAndOwnFormsAreNotUnknown) {
  const auto made = request("POST", "/v1/things",
                            R"({"labels":{"any":"v"},"made_at":"2026-11-22T13:00:00Z",
                                "madeAt":"2026-11-22T13:00:01Z"})");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->unknown, IsEmpty());
  EXPECT_FALSE(request("POST", "/v1/things", R"({"made_at":"yesterday"})").ok());
}

TEST_F(RequestMessageTest, DurationsAreTakenAsPeopleWriteThem) {
  EXPECT_EQ(text("POST", "/v1/things", R"({"wait":"1h30m","name":"a\u00e9","pauses":["15m",7]})"),
            "name: \"a\\303\\251\" wait { seconds: 5400 } pauses { seconds: 900 } "
            "pauses { seconds: 7 }");
  EXPECT_EQ(text("POST", "/v1/things", R"({"wait":"1.5s"})"),
            "wait { seconds: 1 nanos: 500000000 }");
  EXPECT_EQ(text("POST", "/v1/things", R"({"wait":90})"), "wait { seconds: 90 }");
  EXPECT_EQ(text("POST", "/v1/things", R"({"wait":null})"), "");
  for (const char* wrong : {R"({"wait":"soon"})", R"({"wait":-1})", R"({"wait":1e9})",
                            R"({"wait":"15min"})", R"({"wait":""})"}) {
    EXPECT_EQ(base::detail_of(fault(wrong)).field, "wait") << wrong;
  }
}

TEST_F(RequestMessageTest, WrongKindsNameTheField) {
  const struct {
    const char* body;
    const char* message;
  } cases[] = {
      {R"({"name":5})", "name: must be a string, not a number"},
      {R"({"name":["a"]})", "name: must be a string, not a list"},
      {R"({"parts":{}})", "parts: must be a list, not an object"},
      {R"({"parts":[{"size":1},{"size":true}]})", "parts[1].size: must be a number, not a boolean"},
      {R"({"parts":[null]})", "parts[0]: must be an object, not null"},
      {R"({"main":"x"})", "main: must be an object, not a string"},
      {R"({"on":"true"})", "on: must be true or false, not a string"},
      {R"({"tags":["a",1]})", "tags[1]: must be a string, not a number"},
      {R"({"labels":[]})", "labels: must be an object, not a list"},
      {R"({"labels":{"k":1}})", "labels.k: must be a string, not a number"},
      {R"({"color":true})", "color: must be a string, not a boolean"},
      {"[]", "the body must be a JSON object, not a list"},
      {"\"x\"", "the body must be a JSON object, not a string"},
      {"null", "the body must be a JSON object, not null"},
  };
  for (const auto& row : cases) EXPECT_EQ(base::message_of(fault(row.body)), row.message);
  EXPECT_EQ(base::detail_of(fault(R"({"parts":[{"size":[]}]})")).field, "parts[0].size");
}

TEST_F(RequestMessageTest, ValuesOutOfRangeAreRefused) {
  EXPECT_THAT(fault(R"({"main":{"size":99999999999}})").ToString(), HasSubstr("size"));
  EXPECT_THAT(fault(R"({"color":"BLUE"})").ToString(), HasSubstr("color: \"BLUE\" is not a value"));
}

TEST_F(RequestMessageTest, MalformedJsonNamesThePosition) {
  const struct {
    const char* body;
    const char* message;
  } cases[] = {
      {"{\"name\":\n \"a\",}", "malformed JSON at line 2, column 6: "},
      {"{", "malformed JSON at line 1, column 2: "},
      {"{'name':'a'}", "line 1, column 2"},
      {"{name:1}", "line 1, column 3"},
      {"{} {}", "line 1, column 4"},
      {"{\"name\":\"\x01\"}", "line 1, column 10"},
      {"{\"name\":\"\xff\"}", "line 1, column 10"},
      {"{\"big\":01}", "line 1, column 9"},
      {"{\"ratio\":1e999}", "number overflow"},
      {"hello", "line 1, column 1"},
  };
  for (const auto& row : cases) EXPECT_THAT(fault(row.body).ToString(), HasSubstr(row.message));
}

TEST_F(RequestMessageTest, DeepNestingIsRefused) {
  EXPECT_THAT(fault("{\"x\":" + std::string(100'000, '[')).ToString(), HasSubstr("64 levels"));
}

TEST_F(RequestMessageTest, AMethodWithoutBodyTakesNone) {
  EXPECT_THAT(request("GET", "/v1/things/t1", "{}").status().ToString(),
              HasSubstr("GET /v1/things/{name} takes no body"));
}

TEST_F(RequestMessageTest, ReplyHasProtoNamesAndNoEmptyFields) {
  const auto made =
      request("POST", "/v1/things", R"({"made_at":"2026-11-22T13:00:00Z","big":5,"name":""})");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(*reply_json(*made->message), R"({"big":"5","made_at":"2026-11-22T13:00:00Z"})");
  EXPECT_EQ(*reply_json(*schema_.make("Thing")), "{}");
}

}  // namespace
}  // namespace mex::api::transcoding
