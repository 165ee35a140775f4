#include "api/transcoding/precondition.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/json_text.h"
#include "base/status.h"

namespace mex::api::transcoding {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kWeak = "W/";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// RFC 9110 section 8.8.3. What is between the quotes; what cannot be one of this agent's etags,
// like a weak one, which never matches (section 8.8.3.2), keeps its quotes.
std::optional<std::vector<std::string>> entity_tags(std::string_view list) {
  std::vector<std::string> tags;
  while (true) {
    list = trimmed(list);
    if (list.empty()) return tags;
    if (list.front() == ',') {
      list.remove_prefix(1);
      continue;
    }
    const bool is_weak = list.starts_with(kWeak);
    const std::size_t open = is_weak ? kWeak.size() : 0;
    if (list.size() <= open || list[open] != '"') return std::nullopt;
    const std::size_t close = list.find('"', open + 1);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view tag = list.substr(open + 1, close - open - 1);
    const bool is_foreign = is_weak || tag.empty() || tag.find_first_of(",*") != tag.npos;
    tags.push_back(is_foreign ? "\"\"" : std::string(tag));
    list = trimmed(list.substr(close + 1));
    if (!list.empty() && list.front() != ',') return std::nullopt;
  }
}

const FieldDescriptor* text_field(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  const bool is_text =
      field != nullptr && !field->is_repeated() && field->type() == FieldDescriptor::TYPE_STRING;
  return is_text ? field : nullptr;
}

// The message that says which etag it is about: the request, or what the body is put into.
Message* etag_owner(const Rule& rule, Message& request) {
  if (text_field(request, "etag") != nullptr) return &request;
  if (rule.body.empty() || rule.body == "*") return nullptr;
  const FieldDescriptor* body = request.GetDescriptor()->FindFieldByName(rule.body);
  Message* owner = request.GetReflection()->MutableMessage(&request, body);
  return text_field(*owner, "etag") == nullptr ? nullptr : owner;
}

absl::Status apply_etags(const std::string& etags, const Rule& rule, Message& request) {
  Message* owner = etag_owner(rule, request);
  // A new resource has none.
  if (owner == nullptr || rule.http_method == "POST") {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "If-Match: {} {} has no etags to compare", rule.http_method,
                       rule.path.text());
  }
  const FieldDescriptor* field = text_field(*owner, "etag");
  const std::string given = owner->GetReflection()->GetString(*owner, field);
  if (!given.empty() && given != etags) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "If-Match and the request's etag {} differ: give one of them",
                       base::quoted(given));
  }
  owner->GetReflection()->SetString(owner, field, etags);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Precondition> parse_precondition(std::string_view if_match,
                                                std::string_view if_none_match) {
  Precondition precondition;
  if (trimmed(if_match) == "*") {
    precondition.etags = "*";
  } else if (!if_match.empty()) {
    const auto tags = entity_tags(if_match);
    if (!tags || tags->empty()) {
      return base::error(absl::StatusCode::kInvalidArgument,
                         "If-Match: must be * or etags in quotes, like \"5\", not {}",
                         base::quoted(if_match.substr(0, 100)));
    }
    precondition.etags = fmt::format("{}", fmt::join(*tags, ","));
  }
  precondition.must_not_exist = trimmed(if_none_match) == "*";
  return precondition;
}

absl::Status apply_precondition(const Precondition& precondition, const Rule& rule,
                                Message& request) {
  if (precondition.is_empty() || rule.http_method == "GET") return absl::OkStatus();
  if (!precondition.etags.empty()) {
    MEX_RETURN_IF_ERROR(apply_etags(precondition.etags, rule, request));
  }
  // What POST creates is not there yet, or it is refused in any case.
  if (!precondition.must_not_exist || rule.http_method == "POST") return absl::OkStatus();
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("must_not_exist");
  if (field == nullptr || field->type() != FieldDescriptor::TYPE_BOOL) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "If-None-Match: {} {} is for what exists", rule.http_method,
                       rule.path.text());
  }
  request.GetReflection()->SetBool(&request, field, true);
  return absl::OkStatus();
}

std::string etag_header(const Message& reply) {
  const FieldDescriptor* field = text_field(reply, "etag");
  if (field == nullptr) return {};
  const std::string etag = reply.GetReflection()->GetString(reply, field);
  return etag.empty() ? std::string() : fmt::format("\"{}\"", etag);
}

}  // namespace mex::api::transcoding
