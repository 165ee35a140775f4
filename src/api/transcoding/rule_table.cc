#include "api/transcoding/rule_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/transcoding/field_value.h"
#include "base/json_text.h"
#include "base/status.h"
#include "google/api/annotations.pb.h"

namespace mex::api::transcoding {
namespace {

using google::protobuf::MethodDescriptor;

absl::Status unusable(const MethodDescriptor& method, std::string_view why) {
  return base::error(absl::StatusCode::kInvalidArgument, "{}: {}", method.full_name(), why);
}

absl::StatusOr<std::pair<std::string, std::string>> method_and_path(
    const MethodDescriptor& method, const google::api::HttpRule& annotation) {
  using google::api::HttpRule;
  switch (annotation.pattern_case()) {
    case HttpRule::kGet:
      return std::pair("GET", annotation.get());
    case HttpRule::kPut:
      return std::pair("PUT", annotation.put());
    case HttpRule::kPost:
      return std::pair("POST", annotation.post());
    case HttpRule::kDelete:
      return std::pair("DELETE", annotation.delete_());
    case HttpRule::kPatch:
      return std::pair("PATCH", annotation.patch());
    case HttpRule::kCustom:
      return std::pair(annotation.custom().kind(), annotation.custom().path());
    case HttpRule::PATTERN_NOT_SET:
      break;
  }
  return unusable(method, "annotation without a path");
}

absl::StatusOr<Rule> make_rule(const MethodDescriptor& method,
                               const google::api::HttpRule& annotation) {
  if (method.client_streaming() || method.server_streaming()) {
    return unusable(method, "streams have no REST form yet");
  }
  if (!annotation.response_body().empty()) return unusable(method, "response_body is not served");
  MEX_ASSIGN_OR_RETURN(auto pair, method_and_path(method, annotation));
  MEX_ASSIGN_OR_RETURN(PathTemplate path, PathTemplate::parse(pair.second));
  for (const std::string& field : path.fields()) {
    if (!is_text_field(*method.input_type(), field)) {
      return unusable(method, fmt::format("no single-valued field {}", base::quoted(field)));
    }
  }
  const std::string& body = annotation.body();
  if (!body.empty() && body != "*") {
    const auto* field = method.input_type()->FindFieldByName(body);
    if (field == nullptr || field->is_repeated() || field->message_type() == nullptr) {
      return unusable(method, fmt::format("body {} is not a message field", base::quoted(body)));
    }
  }
  return Rule{std::move(pair.first), std::move(path), body, &method, name_policy_of(method)};
}

absl::Status add_rules(const MethodDescriptor& method, std::vector<Rule>& rules) {
  if (!method.options().HasExtension(google::api::http)) return absl::OkStatus();
  const google::api::HttpRule& annotation = method.options().GetExtension(google::api::http);
  MEX_ASSIGN_OR_RETURN(Rule rule, make_rule(method, annotation));
  rules.push_back(std::move(rule));
  for (const google::api::HttpRule& additional : annotation.additional_bindings()) {
    MEX_ASSIGN_OR_RETURN(Rule more, make_rule(method, additional));
    rules.push_back(std::move(more));
  }
  return absl::OkStatus();
}

// "/v1/proxies" of "/v1/proxies/a/b" and of "/v1/proxies:apply".
std::string_view collection_of(std::string_view path) {
  const std::size_t second = path.find('/', 1);
  if (second == std::string_view::npos) return path;
  return path.substr(0, path.find_first_of("/:", second + 1));
}

bool is_of_same_resources(const Rule& rule, std::string_view path) {
  return rule.names == NamePolicy::Strict && collection_of(rule.path.text()) == collection_of(path);
}

}  // namespace

std::string Rule::rpc_path() const {
  return fmt::format("/{}/{}", method->service()->full_name(), method->name());
}

absl::StatusOr<RuleTable> RuleTable::from_services(
    const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  RuleTable table;
  for (const google::protobuf::ServiceDescriptor* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      MEX_RETURN_IF_ERROR(add_rules(*service->method(i), table.rules_));
    }
  }
  std::stable_sort(table.rules_.begin(), table.rules_.end(),
                   [](const Rule& a, const Rule& b) { return a.path.more_specific_than(b.path); });
  return table;
}

Lookup RuleTable::find(std::string_view http_method, std::string_view path) const {
  Lookup lookup;
  for (const Rule& rule : rules_) {
    auto bindings = rule.path.match(path);
    if (!bindings) {
      lookup.is_resource = lookup.is_resource || is_of_same_resources(rule, path);
      continue;
    }
    if (rule.http_method == http_method) {
      return Lookup{&rule, *std::move(bindings), {}};
    }
    lookup.is_resource = lookup.is_resource || is_of_same_resources(rule, path);
    if (lookup.allow.find(rule.http_method) == std::string::npos) {
      if (!lookup.allow.empty()) lookup.allow += ", ";
      lookup.allow += rule.http_method;
    }
  }
  return lookup;
}

}  // namespace mex::api::transcoding
