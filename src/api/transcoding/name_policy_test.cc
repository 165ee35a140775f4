#include "api/transcoding/name_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "api/transcoding/request_message.h"
#include "api/transcoding/rule_table.h"
#include "api/transcoding/test_schema.h"
#include "base/status.h"

namespace mex::api::transcoding {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NamePolicyTest : public ::testing::Test {
 protected:
  struct Schema {
    explicit Schema(const std::string& package) : schema(package) {}
    TestSchema schema;
    RuleTable rules = *RuleTable::from_services({&schema.service("Things")});
  };

  static absl::StatusOr<RequestMessage> request(Schema& schema, std::string_view method,
                                                std::string_view target, std::string_view body) {
    const std::size_t mark = std::min(target.find('?'), target.size());
    const Lookup lookup = schema.rules.find(method, target.substr(0, mark));
    EXPECT_NE(lookup.rule, nullptr) << method << " " << target;
    return make_request(*lookup.rule, lookup.bindings,
                        target.substr(std::min(mark + 1, target.size())), body,
                        schema.schema.factory());
  }

  absl::Status fault(std::string_view method, std::string_view target, std::string_view body) {
    const auto made = request(strict_, method, target, body);
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument) << target << " " << body;
    return made.status();
  }

  Schema strict_{"mexosagent.test"};
  Schema lenient_{"api"};
};

// "alowed" in the place of "allowed" opened a port to everybody.
TEST_F(NamePolicyTest, AMisspeltFieldIsRefusedWithTheOneThatWasMeant) {
  const struct {
    const char* body;
    const char* field;
    const char* message;
  } cases[] = {
      {R"({"nmae":"a"})", "nmae", R"(nmae: unknown field, did you mean "name"?)"},
      {R"({"Name":"a"})", "Name", R"(Name: unknown field, did you mean "name"?)"},
      {R"({"NAME":"a"})", "NAME", R"(did you mean "name"?)"},
      {R"({"parts":[{},{"sice":3}]})", "parts[1].sice", R"(did you mean "size"?)"},
      {R"({"main":{"name":"p","siz":1}})", "main.siz", R"(did you mean "size"?)"},
      {R"({"main":{"xyz":{"deep":[1]}}})", "main.xyz", "unknown field, known are name, size"},
      {R"({"lables":{"k":"v"}})", "lables", R"(did you mean "labels"?)"},
      {R"({"made-at":"2026-11-22T13:00:00Z"})", "made-at", R"(did you mean "made_at"?)"},
      {R"({"a b":1})", R"("a b")", "unknown field"},
      {R"({"a\nb":1})", R"("a\nb")", "unknown field"},
      {R"({"name":null,"nothing":null})", "nothing", "unknown field"},
  };
  for (const auto& row : cases) {
    const absl::Status refused = fault("POST", "/v1/things", row.body);
    EXPECT_EQ(base::detail_of(refused).field, row.field) << row.body;
    EXPECT_THAT(std::string(base::message_of(refused)), HasSubstr(row.message));
    EXPECT_TRUE(request(lenient_, "POST", "/v1/things", row.body).ok()) << row.body;
  }
}

TEST_F(NamePolicyTest, AnEmptyNameIsUnknown) {
  EXPECT_EQ(base::detail_of(fault("POST", "/v1/things", R"({"":1})")).field, R"("")");
}

TEST_F(NamePolicyTest, APathBeginsWithTheFieldThatTheBodyIs) {
  EXPECT_EQ(base::detail_of(fault("PUT", "/v1/things/t", R"({"sizes":1})")).field, "main.sizes");
}

TEST_F(NamePolicyTest, AFieldGivenTwiceIsRefused) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"name":"a","name":"a"})", "name"},
      {R"({"name":null,"name":"a"})", "name"},
      {R"({"parts":[{"size":1}],"parts":[{"size":2}]})", "parts"},
      {R"({"parts":[{"size":1,"size":2}]})", "parts[0].size"},
      {R"({"labels":{"k":"v","k":"w"}})", "labels.k"},
      {R"({"made_at":"2026-11-22T13:00:00Z","madeAt":"2026-11-22T13:00:00Z"})", "madeAt"},
  };
  for (const auto& [body, field] : cases) {
    const absl::Status refused = fault("POST", "/v1/things", body);
    EXPECT_EQ(base::detail_of(refused).field, field) << body;
    EXPECT_THAT(std::string(base::message_of(refused)), HasSubstr("is given twice"));
  }
}

TEST_F(NamePolicyTest, WhatTheSchemaLeavesOpenIsTaken) {
  const auto made = request(strict_, "POST", "/v1/things",
                            R"({"labels":{"any":"v","other":"w"},"madeAt":"2026-11-22T13:00:00Z",
                                "parts":[{"name":"a"},{"name":"b"}]})");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->unknown, IsEmpty());
}

TEST_F(NamePolicyTest, AMisspeltQueryParameterIsRefused) {
  const struct {
    const char* target;
    const char* field;
    const char* message;
  } cases[] = {
      {"/v1/things/t?colour=RED", "colour", R"(unknown query parameter, did you mean "color"?)"},
      {"/v1/things/t?Tags=a", "Tags", R"(did you mean "tags"?)"},
      {"/v1/things/t?main.sizzle=1", "main.sizzle", "unknown query parameter"},
      {"/v1/things/t?main.sizes=1", "main.sizes", R"(did you mean "size"?)"},
      {"/v1/things/t?on=true&on=false", "on", "is given twice"},
      {"/v1/things/t?x", "x", "unknown query parameter"},
      {"/v1/things/t?%0A=1", R"("\n")", "unknown query parameter"},
      {"/v1/things/t?%FF=1", "\"\xEF\xBF\xBD\"", "unknown query parameter"},
      {"/v1/things/t?=1", R"("")", "unknown query parameter"},
  };
  for (const auto& row : cases) {
    const absl::Status refused = fault("GET", row.target, "");
    EXPECT_EQ(base::detail_of(refused).field, row.field) << row.target;
    EXPECT_THAT(std::string(base::message_of(refused)), HasSubstr(row.message));
    EXPECT_TRUE(request(lenient_, "GET", row.target, "").ok()) << row.target;
  }
  EXPECT_TRUE(request(strict_, "GET", "/v1/things/t?tags=a&tags=b", "").ok());
}

TEST_F(NamePolicyTest, ACallThatTakesItsBodyAloneRefusesAQuery) {
  EXPECT_THAT(fault("POST", "/v1/things?name=a", "{}").ToString(),
              HasSubstr("POST /v1/things takes everything in its body"));
  EXPECT_TRUE(request(strict_, "POST", "/v1/things?&&", "{}").ok());
  EXPECT_TRUE(request(lenient_, "POST", "/v1/things?name=a", "{}").ok());
}

TEST_F(NamePolicyTest, AValueThatAnEnumDoesNotHaveIsAnsweredWithThoseItHas) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"color":"red"})", R"(color: "red" is not a value of this enum, did you mean "RED"?)"},
      {R"({"color":"BLUE"})", R"("BLUE" is not a value of this enum, known are NONE, RED)"},
      {R"({"color":7})", "color: 7 is not a value of this enum, known are NONE, RED"},
      {R"({"color":1.5})", "color: 1.5 is not a value of this enum"},
      {R"({"color":-1})", "color: -1 is not a value of this enum"},
  };
  for (const auto& [body, message] : cases) {
    EXPECT_THAT(fault("POST", "/v1/things", body).ToString(), HasSubstr(message));
    EXPECT_FALSE(request(lenient_, "POST", "/v1/things", body).ok()) << body;
  }
  EXPECT_THAT(fault("GET", "/v1/things/t?color=red", "").ToString(),
              HasSubstr(R"(color: is not a value of this enum, did you mean "RED"?)"));
}

TEST_F(NamePolicyTest, NamesThatAreTooLongAreCut) {
  const std::string name(100'000, 'a');
  EXPECT_LT(fault("POST", "/v1/things", "{\"" + name + "\":1}").message().size(), 400U);
  EXPECT_LT(fault("GET", "/v1/things/t?" + name, "").message().size(), 400U);
}

// PowerShell and editors of Windows put one before a text.
TEST_F(NamePolicyTest, AByteOrderMarkIsPassedOver) {
  for (Schema* schema : {&strict_, &lenient_}) {
    EXPECT_TRUE(request(*schema, "POST", "/v1/things", "\xEF\xBB\xBF{\"name\":\"a\"}").ok());
    EXPECT_TRUE(request(*schema, "POST", "/v1/things", "\xEF\xBB\xBF").ok());
    EXPECT_FALSE(request(*schema, "POST", "/v1/things", "\xEF\xBB\xBF\xEF\xBB\xBF{}").ok());
  }
}

TEST_F(NamePolicyTest, WhatIsNotUtf8IsCalledWhatItIs) {
  EXPECT_THAT(fault("POST", "/v1/things", "\x1F\x8B\x08").ToString(), HasSubstr("looks like gzip"));
  EXPECT_THAT(fault("POST", "/v1/things", std::string("\xFF\xFE{\0}\0", 6)).ToString(),
              HasSubstr("looks like UTF-16"));
}

}  // namespace
}  // namespace mex::api::transcoding
