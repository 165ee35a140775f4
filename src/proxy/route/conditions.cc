#include "proxy/route/conditions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/status.h"
#include "http/characters.h"
#include "http/forwarding_headers.h"
#include "http/known_header.h"
#include "http/method.h"
#include "proxy/route/query_parameters.h"

namespace mex::proxy::route {
namespace {

// What a request has of one name: the value where it is there once.
struct Found {
  std::size_t count = 0;
  std::string_view value;
};

Found find_header(const RoutedRequest& request, std::string_view name) {
  Found found;
  if (request.headers == nullptr) return found;
  // What a client says with the voice of a proxy is not believed here either.
  if (!request.is_trusted && http::is_forwarding_header(name)) return found;
  for (const http::Header& header : *request.headers) {
    if (!http::equals_ignoring_case(header.name, name)) continue;
    ++found.count;
    found.value = header.value;
  }
  return found;
}

Found find_parameter(const RoutedRequest& request, std::string_view wanted) {
  Found found;
  for_each_parameter(request.query, [&](std::string_view name, std::string_view value) {
    if (!FormText(name).equals(wanted)) return;
    ++found.count;
    found.value = value;
  });
  return found;
}

// `equals` and `begins_with` compare the found value with the condition's.
template <typename Text>
bool holds(const FieldCondition& condition, const Found& found) {
  switch (condition.test) {
    case FieldTest::Exact:
      return found.count == 1 && Text(found.value).equals(condition.value);
    case FieldTest::Prefix:
      return found.count == 1 && Text(found.value).begins_with(condition.value);
    case FieldTest::Present:
      return found.count > 0;
    case FieldTest::Absent:
      return found.count == 0;
  }
  return false;
}

class PlainText {
 public:
  explicit PlainText(std::string_view text) : text_(text) {}
  bool equals(std::string_view plain) const { return text_ == plain; }
  bool begins_with(std::string_view plain) const { return text_.starts_with(plain); }

 private:
  std::string_view text_;
};

std::string to_string(const FieldCondition& condition) {
  switch (condition.test) {
    case FieldTest::Exact:
      return fmt::format("{} = {}", condition.name, condition.value);
    case FieldTest::Prefix:
      return fmt::format("{} = {}…", condition.name, condition.value);
    case FieldTest::Present:
      return fmt::format("{} present", condition.name);
    case FieldTest::Absent:
      return fmt::format("{} absent", condition.name);
  }
  return {};
}

// The request's value is left out: it may be a secret.
std::string failure(std::string_view what, const FieldCondition& condition, const Found& found) {
  std::string_view has = "there once, with another value";
  if (found.count == 0) has = "not there";
  if (found.count > 1) has = "there more than once";
  if (condition.test == FieldTest::Absent) has = "there";
  return fmt::format("{} {} is {}; the route asks for {}", what, condition.name, has,
                     to_string(condition));
}

bool has_value(FieldTest test) { return test == FieldTest::Exact || test == FieldTest::Prefix; }

// Whether no field has both.
bool exclude_each_other(const FieldCondition& a, const FieldCondition& b) {
  if (a.test == FieldTest::Absent || b.test == FieldTest::Absent) return a.test != b.test;
  if (!has_value(a.test) || !has_value(b.test)) return false;
  if (a.test == FieldTest::Exact && b.test == FieldTest::Exact) return a.value != b.value;
  if (a.test == FieldTest::Exact) return !a.value.starts_with(b.value);
  if (b.test == FieldTest::Exact) return !b.value.starts_with(a.value);
  return !a.value.starts_with(b.value) && !b.value.starts_with(a.value);
}

bool exclude_each_other(const std::vector<FieldCondition>& a,
                        const std::vector<FieldCondition>& b) {
  return std::any_of(a.begin(), a.end(), [&b](const FieldCondition& one) {
    return std::any_of(b.begin(), b.end(), [&one](const FieldCondition& other) {
      return one.name == other.name && exclude_each_other(one, other);
    });
  });
}

absl::Status check_methods(std::vector<std::string>& methods) {
  if (methods.size() > kMaxConditions) {
    return base::field_error("methods", fmt::format("at most {} are taken", kMaxConditions));
  }
  for (std::size_t i = 0; i < methods.size(); ++i) {
    const std::string& method = methods[i];
    const bool is_known_form = !method.empty() && method.size() <= 32 &&
                               std::all_of(method.begin(), method.end(), http::is_method_byte);
    if (!is_known_form) {
      return base::field_error(fmt::format("methods[{}]", i),
                               "must be a method in capital letters: GET");
    }
  }
  std::sort(methods.begin(), methods.end());
  methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
  return absl::OkStatus();
}

absl::Status check_value(const FieldCondition& condition, const std::string& field) {
  const std::string at = field + ".value";
  if (!has_value(condition.test)) {
    return condition.value.empty() ? absl::OkStatus()
                                   : base::field_error(at,
                                                       "must be left out: only EXACT and "
                                                       "PREFIX compare values");
  }
  if (condition.value.size() > kMaxConditionText) {
    return base::field_error(at, fmt::format("must have at most {} bytes", kMaxConditionText));
  }
  if (http::find_non_value_byte(condition.value) != http::kNotFound) {
    return base::field_error(at, "must have no control characters");
  }
  if (condition.test == FieldTest::Prefix && condition.value.empty()) {
    return base::field_error(at, "must not be empty; for any value say PRESENT");
  }
  return absl::OkStatus();
}

absl::Status check_header(FieldCondition& condition, const std::string& field) {
  const std::string at = field + ".name";
  if (!http::is_token(condition.name) || condition.name.size() > kMaxConditionText) {
    return base::field_error(at, "must be the name of a header: letters, digits and '-'");
  }
  if (http::equals_ignoring_case(condition.name, "Host")) {
    return base::field_error(at, "must not be Host: give the route a host");
  }
  if (http::trim_white_space(condition.value) != condition.value) {
    return base::field_error(field + ".value",
                             "must not begin or end with white space, which no "
                             "header's value does");
  }
  std::transform(condition.name.begin(), condition.name.end(), condition.name.begin(),
                 http::to_lower);
  return absl::OkStatus();
}

absl::Status check_parameter(const FieldCondition& condition, const std::string& field) {
  const bool is_name = !condition.name.empty() && condition.name.size() <= kMaxConditionText &&
                       http::find_non_value_byte(condition.name) == http::kNotFound;
  if (is_name) return absl::OkStatus();
  return base::field_error(field + ".name",
                           fmt::format("must be the name of a parameter, without escapes, of 1 to "
                                       "{} bytes",
                                       kMaxConditionText));
}

template <typename CheckName>
absl::Status check_fields(std::vector<FieldCondition>& conditions, const char* field,
                          CheckName check_name) {
  if (conditions.size() > kMaxConditions) {
    return base::field_error(field, fmt::format("at most {} are taken", kMaxConditions));
  }
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const std::string here = fmt::format("{}[{}]", field, i);
    MEX_RETURN_IF_ERROR(check_name(conditions[i], here));
    MEX_RETURN_IF_ERROR(check_value(conditions[i], here));
    const bool twice =
        std::any_of(conditions.begin(), conditions.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const FieldCondition& other) { return other.name == conditions[i].name; });
    if (twice) {
      return base::field_error(
          here + ".name",
          fmt::format("\"{}\" is there twice: one condition each", conditions[i].name));
    }
  }
  std::sort(conditions.begin(), conditions.end(),
            [](const FieldCondition& a, const FieldCondition& b) { return a.name < b.name; });
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Conditions> Conditions::create(ConditionSpec spec) {
  MEX_RETURN_IF_ERROR(check_methods(spec.methods));
  MEX_RETURN_IF_ERROR(check_fields(spec.headers, "headers", check_header));
  MEX_RETURN_IF_ERROR(check_fields(spec.query, "query", check_parameter));
  return Conditions(std::move(spec));
}

bool Conditions::has_method(std::string_view method) const {
  return spec_.methods.empty() ||
         std::find(spec_.methods.begin(), spec_.methods.end(), method) != spec_.methods.end();
}

bool Conditions::hold_for(const RoutedRequest& request) const {
  if (is_any()) return true;
  if (!has_method(request.method)) return false;
  for (const FieldCondition& condition : spec_.headers) {
    if (!holds<PlainText>(condition, find_header(request, condition.name))) return false;
  }
  for (const FieldCondition& condition : spec_.query) {
    if (!holds<FormText>(condition, find_parameter(request, condition.name))) return false;
  }
  return true;
}

std::optional<std::string> Conditions::why_not(const RoutedRequest& request) const {
  if (!has_method(request.method)) {
    return fmt::format("the method is not {}", fmt::join(spec_.methods, " or "));
  }
  for (const FieldCondition& condition : spec_.headers) {
    const Found found = find_header(request, condition.name);
    if (!holds<PlainText>(condition, found)) return failure("header", condition, found);
  }
  for (const FieldCondition& condition : spec_.query) {
    const Found found = find_parameter(request, condition.name);
    if (!holds<FormText>(condition, found)) return failure("parameter", condition, found);
  }
  return std::nullopt;
}

bool Conditions::exclude(const Conditions& other) const {
  const auto& methods = spec_.methods;
  const bool both_say_methods = !methods.empty() && !other.spec_.methods.empty();
  const bool share_a_method = std::any_of(methods.begin(), methods.end(),
                                          [&](const auto& each) { return other.has_method(each); });
  return (both_say_methods && !share_a_method) ||
         exclude_each_other(spec_.headers, other.spec_.headers) ||
         exclude_each_other(spec_.query, other.spec_.query);
}

std::string Conditions::to_string() const {
  std::string text = fmt::format("{}", fmt::join(spec_.methods, " or "));
  const auto add = [&text](const char* what, const FieldCondition& condition) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, route::to_string(condition));
  };
  for (const FieldCondition& condition : spec_.headers) add("header", condition);
  for (const FieldCondition& condition : spec_.query) add("parameter", condition);
  return text;
}

}  // namespace mex::proxy::route
