#include "proxy/route/conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/status.h"

namespace mex::proxy::route {
namespace {

using ::testing::HasSubstr;
using Fields = std::vector<std::pair<std::string, std::string>>;

Conditions made(ConditionSpec spec) {
  auto conditions = Conditions::create(std::move(spec));
  EXPECT_TRUE(conditions.ok()) << conditions.status();
  return *conditions;
}
Conditions header(FieldCondition condition) { return made({{}, {std::move(condition)}, {}}); }
Conditions parameter(FieldCondition condition) { return made({{}, {}, {std::move(condition)}}); }

bool holds_with_headers(const Conditions& conditions, const Fields& fields, bool trusted = false) {
  http::HeaderList headers;
  for (const auto& [name, value] : fields) headers.append(name, value);
  const RoutedRequest request{
      .path = "/", .method = "GET", .headers = &headers, .is_trusted = trusted};
  EXPECT_EQ(conditions.hold_for(request), !conditions.why_not(request).has_value());
  return conditions.hold_for(request);
}
bool holds_with_query(const Conditions& conditions, std::string_view query) {
  const RoutedRequest request{.path = "/", .method = "GET", .query = query};
  EXPECT_EQ(conditions.hold_for(request), !conditions.why_not(request).has_value());
  return conditions.hold_for(request);
}

TEST(Conditions, NoneHoldForAnything) {
  EXPECT_TRUE(Conditions().is_any());
  EXPECT_TRUE(Conditions().hold_for({.path = "/"}));
  EXPECT_FALSE(Conditions().exclude(Conditions()));
  EXPECT_EQ(Conditions().to_string(), "");
}

TEST(Conditions, MethodsAreComparedWithCase) {
  const Conditions reads = made({{"HEAD", "GET", "GET"}, {}, {}});
  EXPECT_TRUE(reads.hold_for({.path = "/", .method = "GET"}));
  EXPECT_TRUE(reads.hold_for({.path = "/", .method = "HEAD"}));
  EXPECT_FALSE(reads.hold_for({.path = "/", .method = "get"}));
  EXPECT_FALSE(reads.hold_for({.path = "/", .method = "POST"}));
  EXPECT_FALSE(reads.hold_for({.path = "/"}));
  EXPECT_EQ(reads.to_string(), "GET or HEAD");
  EXPECT_THAT(*reads.why_not({.path = "/", .method = "PUT"}), HasSubstr("GET or HEAD"));
}

TEST(Conditions, HeadersAreComparedByNameWithoutAndByValueWithCase) {
  const struct {
    FieldCondition condition;
    Fields sent;
    bool holds;
  } rows[] = {
      {{"X-Beta", FieldTest::Exact, "1"}, {{"x-bETA", "1"}}, true},
      {{"X-Beta", FieldTest::Exact, "a"}, {{"X-Beta", "A"}}, false},
      {{"X-Beta", FieldTest::Exact, "1"}, {{"X-Beta", "10"}}, false},
      {{"X-Beta", FieldTest::Exact, "1"}, {}, false},
      {{"X-Beta", FieldTest::Exact, ""}, {{"X-Beta", ""}}, true},
      {{"X-Beta", FieldTest::Exact, ""}, {}, false},
      // Twice: what we take for the value, the origin may not.
      {{"X-Beta", FieldTest::Exact, "1"}, {{"X-Beta", "1"}, {"X-Beta", "2"}}, false},
      {{"X-Beta", FieldTest::Exact, "1"}, {{"X-Beta", "1"}, {"x-beta", "1"}}, false},
      {{"X-Beta", FieldTest::Prefix, "ab"}, {{"X-Beta", "abc"}}, true},
      {{"X-Beta", FieldTest::Prefix, "ab"}, {{"X-Beta", "ab"}}, true},
      {{"X-Beta", FieldTest::Prefix, "ab"}, {{"X-Beta", "a"}}, false},
      {{"X-Beta", FieldTest::Prefix, "ab"}, {{"X-Beta", "ab"}, {"X-Beta", "ab"}}, false},
      {{"X-Beta", FieldTest::Present}, {{"X-Beta", ""}}, true},
      {{"X-Beta", FieldTest::Present}, {{"X-Beta", "1"}, {"X-Beta", "2"}}, true},
      {{"X-Beta", FieldTest::Present}, {{"X_Beta", "1"}}, false},
      {{"X-Beta", FieldTest::Absent}, {}, true},
      {{"X-Beta", FieldTest::Absent}, {{"X-Beta", ""}}, false},
      // A name that the parser knows.
      {{"Upgrade", FieldTest::Exact, "websocket"}, {{"upgrade", "websocket"}}, true},
  };
  for (const auto& row : rows) {
    const Conditions conditions = header(row.condition);
    EXPECT_EQ(holds_with_headers(conditions, row.sent), row.holds) << conditions.to_string();
  }
}

TEST(Conditions, WhatAClientSaysInTheNameOfAProxyIsNotThere) {
  const Conditions https = header({"X-Forwarded-Proto", FieldTest::Exact, "https"});
  EXPECT_FALSE(holds_with_headers(https, {{"X-Forwarded-Proto", "https"}}));
  EXPECT_TRUE(holds_with_headers(https, {{"X-Forwarded-Proto", "https"}}, true));
  const Conditions none = header({"X-Forwarded-For", FieldTest::Absent});
  EXPECT_TRUE(holds_with_headers(none, {{"X-Forwarded-For", "10.0.0.1"}}));
  EXPECT_FALSE(holds_with_headers(none, {{"X-Forwarded-For", "10.0.0.1"}}, true));
}

TEST(Conditions, ParametersAreComparedWithoutTheirEscapes) {
  const struct {
    FieldCondition condition;
    std::string query;
    bool holds;
  } rows[] = {
      {{"v", FieldTest::Exact, "2"}, "v=2", true},
      {{"v", FieldTest::Exact, "2"}, "a=1&v=2&b", true},
      {{"v", FieldTest::Exact, "2"}, "v=%32", true},
      {{"v", FieldTest::Exact, "2"}, "%76=2", true},
      {{"v", FieldTest::Exact, "2"}, "v=2&v=2", false},
      {{"v", FieldTest::Exact, "2"}, "v=2&%76=3", false},
      {{"v", FieldTest::Exact, "2"}, "V=2", false},
      {{"v", FieldTest::Exact, "2"}, "vv=2", false},
      {{"v", FieldTest::Exact, "2"}, "v=22", false},
      {{"v", FieldTest::Exact, "2"}, "", false},
      {{"v", FieldTest::Exact, ""}, "v", true},
      {{"v", FieldTest::Exact, ""}, "v=", true},
      {{"v", FieldTest::Exact, "a b"}, "v=a+b", true},
      {{"v", FieldTest::Exact, "a b"}, "v=a%20b", true},
      {{"v", FieldTest::Exact, "a+b"}, "v=a%2Bb", true},
      {{"v", FieldTest::Exact, "a=b"}, "v=a=b", true},
      {{"v", FieldTest::Exact, "%"}, "v=%", true},
      {{"v", FieldTest::Exact, "%2"}, "v=%2", true},
      {{"v", FieldTest::Exact, "%zz"}, "v=%zz", true},
      {{"v", FieldTest::Prefix, "ab"}, "v=ab%63", true},
      {{"v", FieldTest::Prefix, "ab"}, "v=a", false},
      {{"v", FieldTest::Present}, "&&v&", true},
      {{"v", FieldTest::Present}, "v=1&v=2", true},
      {{"v", FieldTest::Present}, "w=v", false},
      {{"v", FieldTest::Absent}, "w=1", true},
      {{"v", FieldTest::Absent}, "%76", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(holds_with_query(parameter(row.condition), row.query), row.holds)
        << parameter(row.condition).to_string() << " of " << row.query;
  }
}

TEST(Conditions, MoreOfThemHaveTheGreaterRank) {
  const FieldCondition a{"a", FieldTest::Present};
  const FieldCondition b{"b", FieldTest::Present};
  const std::vector<Conditions> ascending = {Conditions(),
                                             made({{}, {}, {a}}),
                                             made({{}, {}, {a, b}}),
                                             made({{}, {a}, {}}),
                                             made({{}, {a}, {b}}),
                                             made({{}, {a, b}, {}}),
                                             made({{"GET"}, {}, {}}),
                                             made({{"GET"}, {}, {a}}),
                                             made({{"GET"}, {a}, {}})};
  for (std::size_t i = 0; i + 1 < ascending.size(); ++i) {
    EXPECT_LT(ascending[i].rank(), ascending[i + 1].rank()) << i;
  }
}

TEST(Conditions, ExcludeEachOtherWhereNoRequestHasBoth) {
  const auto one = [](FieldTest test, std::string value = "") {
    return header({"x", test, std::move(value)});
  };
  const struct {
    Conditions a;
    Conditions b;
    bool exclude;
  } rows[] = {
      {made({{"GET"}, {}, {}}), made({{"POST"}, {}, {}}), true},
      {made({{"GET", "PUT"}, {}, {}}), made({{"PUT"}, {}, {}}), false},
      {made({{"GET"}, {}, {}}), Conditions(), false},
      {one(FieldTest::Exact, "1"), one(FieldTest::Exact, "2"), true},
      {one(FieldTest::Exact, "1"), one(FieldTest::Exact, "1"), false},
      {one(FieldTest::Exact, "ab"), one(FieldTest::Prefix, "a"), false},
      {one(FieldTest::Exact, "ab"), one(FieldTest::Prefix, "b"), true},
      {one(FieldTest::Prefix, "ab"), one(FieldTest::Prefix, "a"), false},
      {one(FieldTest::Prefix, "ab"), one(FieldTest::Prefix, "ac"), true},
      {one(FieldTest::Present), one(FieldTest::Absent), true},
      {one(FieldTest::Exact, "1"), one(FieldTest::Absent), true},
      {one(FieldTest::Absent), one(FieldTest::Absent), false},
      {one(FieldTest::Present), one(FieldTest::Exact, "1"), false},
      {one(FieldTest::Exact, "1"), header({"y", FieldTest::Exact, "2"}), false},
      {parameter({"v", FieldTest::Exact, "1"}), parameter({"v", FieldTest::Exact, "2"}), true},
      {parameter({"x", FieldTest::Exact, "1"}), one(FieldTest::Exact, "2"), false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(row.a.exclude(row.b), row.exclude) << row.a.to_string() << " / " << row.b.to_string();
    EXPECT_EQ(row.b.exclude(row.a), row.exclude) << row.b.to_string() << " / " << row.a.to_string();
  }
}

TEST(Conditions, TheirOrderDoesNotMatter) {
  const FieldCondition a{"A", FieldTest::Present};
  const FieldCondition b{"b", FieldTest::Exact, "1"};
  EXPECT_EQ(made({{"GET", "PUT"}, {a, b}, {}}), made({{"PUT", "GET"}, {b, a}, {}}));
  EXPECT_EQ(made({{}, {{"X-A", FieldTest::Present}}, {}}),
            made({{}, {{"x-a", FieldTest::Present}}, {}}));
}

TEST(Conditions, WhatIsWrongIsNamed) {
  const std::string long_text(kMaxConditionText + 1, 'a');
  const struct {
    ConditionSpec spec;
    std::string field;
    std::string reason;
  } rows[] = {
      {{{"GET", "get"}, {}, {}}, "methods[1]", "capital letters"},
      {{{""}, {}, {}}, "methods[0]", "capital letters"},
      {{{"GE T"}, {}, {}}, "methods[0]", "capital letters"},
      {{std::vector<std::string>(17, "GET"), {}, {}}, "methods", "at most 16"},
      {{{}, {{"", FieldTest::Present}}, {}}, "headers[0].name", "name of a header"},
      {{{}, {{"a b", FieldTest::Present}}, {}}, "headers[0].name", "name of a header"},
      {{{}, {{"a\r\n", FieldTest::Present}}, {}}, "headers[0].name", "name of a header"},
      {{{}, {{":path", FieldTest::Present}}, {}}, "headers[0].name", "name of a header"},
      {{{}, {{"HOST", FieldTest::Present}}, {}}, "headers[0].name", "give the route a host"},
      {{{}, {{"x", FieldTest::Exact, "a\nb"}}, {}}, "headers[0].value", "control"},
      {{{}, {{"x", FieldTest::Exact, " a"}}, {}}, "headers[0].value", "white space"},
      {{{}, {{"x", FieldTest::Present, "a"}}, {}}, "headers[0].value", "left out"},
      {{{}, {{"x", FieldTest::Prefix, ""}}, {}}, "headers[0].value", "PRESENT"},
      {{{}, {{"x", FieldTest::Exact, long_text}}, {}}, "headers[0].value", "at most 256"},
      {{{}, {{"x", FieldTest::Present}, {"X", FieldTest::Absent}}, {}}, "headers[1].name", "twice"},
      {{{}, {}, {{"", FieldTest::Present}}}, "query[0].name", "name of a parameter"},
      {{{}, {}, {{"a\tb\x01", FieldTest::Present}}}, "query[0].name", "name of a parameter"},
      {{{}, {}, {{"v", FieldTest::Present}, {"v", FieldTest::Present}}}, "query[1].name", "twice"},
      {{{}, {}, std::vector<FieldCondition>(17, {"v", FieldTest::Present})}, "query", "at most 16"},
  };
  for (const auto& row : rows) {
    const auto conditions = Conditions::create(row.spec);
    ASSERT_FALSE(conditions.ok()) << row.field;
    EXPECT_EQ(base::detail_of(conditions.status()).field, row.field);
    EXPECT_THAT(std::string(base::message_of(conditions.status())), HasSubstr(row.reason));
  }
}

TEST(Conditions, WhyNotSaysNothingOfWhatTheClientHasSent) {
  http::HeaderList headers;
  headers.append("Authorization", "Bearer secret");
  const Conditions other = header({"Authorization", FieldTest::Exact, "Bearer x"});
  const auto why = other.why_not({.path = "/", .headers = &headers});
  ASSERT_TRUE(why.has_value());
  EXPECT_THAT(*why, ::testing::Not(HasSubstr("secret")));
  EXPECT_THAT(*why, HasSubstr("authorization"));
}

}  // namespace
}  // namespace mex::proxy::route
