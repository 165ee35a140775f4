#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/record.h"
#include "base/record_words.h"
#include "proxy/route/request.h"

namespace mex::proxy::route {

// How a header field or a parameter of the query is compared.
enum class FieldTest {
  Exact,    // it is there once, with exactly this value
  Prefix,   // it is there once, and its value begins so
  Present,  // it is there, with any value and any number of times
  Absent,   // it is not there
};

constexpr auto words_of(FieldTest) {
  return base::words<FieldTest>({{FieldTest::Exact, "exact"},
                                 {FieldTest::Prefix, "prefix"},
                                 {FieldTest::Present, "present"},
                                 {FieldTest::Absent, "absent"}});
}

// What a route asks of one header field or parameter. Something that is sent twice has no value
// that one could compare: what the proxy takes for it, the origin may not.
struct FieldCondition {
  std::string name;
  FieldTest test = FieldTest::Exact;
  std::string value{};  // for Exact and Prefix

  bool operator==(const FieldCondition&) const = default;
};

constexpr auto fields_of(const FieldCondition*) {
  using T = FieldCondition;
  return base::fields(base::field("name", &T::name), base::optional_field("test", &T::test),
                      base::optional_field("value", &T::value));
}

// As an operator writes them.
struct ConditionSpec {
  std::vector<std::string> methods;
  std::vector<FieldCondition> headers;
  std::vector<FieldCondition> query;

  bool operator==(const ConditionSpec&) const = default;
};

constexpr auto fields_of(const ConditionSpec*) {
  using T = ConditionSpec;
  return base::fields(base::optional_field("methods", &T::methods),
                      base::optional_field("headers", &T::headers),
                      base::optional_field("query", &T::query));
}

inline constexpr std::size_t kMaxConditions = 16;  // of each kind
inline constexpr std::size_t kMaxConditionText = 256;

// Of two routes of one path, the one with the greater rank is asked first.
struct ConditionRank {
  bool has_methods = false;
  std::size_t headers = 0;
  std::size_t query = 0;

  auto operator<=>(const ConditionRank&) const = default;
};

// What a request must have besides its host and path. Checked, in one order; immutable. Nothing
// here allocates once it is made.
class Conditions {
 public:
  Conditions() = default;  // any request

  // InvalidArgument, with the field that is at fault ("headers[1].value") in its detail.
  static absl::StatusOr<Conditions> create(ConditionSpec spec);

  bool is_any() const {
    return spec_.methods.empty() && spec_.headers.empty() && spec_.query.empty();
  }
  const ConditionSpec& spec() const { return spec_; }
  ConditionRank rank() const {
    return {!spec_.methods.empty(), spec_.headers.size(), spec_.query.size()};
  }

  bool hold_for(const RoutedRequest& request) const;
  // Why they do not: "the method is POST, not GET or HEAD"; nothing if they hold.
  std::optional<std::string> why_not(const RoutedRequest& request) const;
  // Whether no request has both.
  bool exclude(const Conditions& other) const;

  // "GET, header X-Beta = 1"; empty for any request.
  std::string to_string() const;

  bool operator==(const Conditions&) const = default;

 private:
  explicit Conditions(ConditionSpec spec) : spec_(std::move(spec)) {}

  bool has_method(std::string_view method) const;

  // Sorted by name; names of headers in lower case.
  ConditionSpec spec_;
};

}  // namespace mex::proxy::route
