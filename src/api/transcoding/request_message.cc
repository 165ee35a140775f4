#include "api/transcoding/request_message.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <set>
#include <utility>

#include "api/transcoding/field_value.h"
#include "api/transcoding/json_check.h"
#include "api/transcoding/update_mask.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::api::transcoding {
namespace {

using google::protobuf::Message;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// What a parser of JSON would only call unexpected.
absl::Status check_encoding(std::string_view body) {
  const auto refuse = [](std::string_view what) {
    return base::error(absl::StatusCode::kInvalidArgument, "the body is not JSON in UTF-8: {}",
                       what);
  };
  if (body.starts_with("\x1F\x8B")) return refuse("it looks like gzip; send it as it is");
  // Unicode 15, section 23.8.
  if (body.starts_with("\xFF\xFE") || body.starts_with("\xFE\xFF")) {
    return refuse("it looks like UTF-16");
  }
  return absl::OkStatus();
}

// The message that the body fills, if that is a part of the request.
const google::protobuf::Descriptor* resource_of(const Rule& rule) {
  if (rule.body.empty() || rule.body == "*") return nullptr;
  return rule.method->input_type()->FindFieldByName(rule.body)->message_type();
}

absl::Status fill_from_body(const Rule& rule, std::string_view body, RequestMessage& request) {
  // RFC 8259 section 8.1: it must not be sent, and may be ignored.
  if (constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
      body.starts_with(kByteOrderMark)) {
    body.remove_prefix(kByteOrderMark.size());
  }
  if (is_blank(body)) return absl::OkStatus();
  if (rule.body.empty()) {
    return base::error(absl::StatusCode::kInvalidArgument, "{} {} takes no body", rule.http_method,
                       rule.path.text());
  }
  Message* target = request.message.get();
  if (rule.body != "*") {
    const auto* field = target->GetDescriptor()->FindFieldByName(rule.body);
    target = target->GetReflection()->MutableMessage(target, field);
  }
  const auto& descriptor = *target->GetDescriptor();
  MEX_RETURN_IF_ERROR(check_encoding(body));
  MEX_ASSIGN_OR_RETURN(CheckedJson checked,
                       check_json(body, descriptor, rule.names, rule.body == "*" ? "" : rule.body));
  request.unknown = std::move(checked.unknown);
  std::string plain;
  if (checked.has_durations) body = plain = with_plain_durations(body, descriptor);
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto converted = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(body.data(), body.size()), target, options);
  if (!converted.ok()) {
    return base::error(absl::StatusCode::kInvalidArgument, "{}",
                       std::string(converted.message().data(), converted.message().size()));
  }
  return absl::OkStatus();
}

struct Parameter {
  std::string name;
  std::string value;
};

absl::StatusOr<std::vector<Parameter>> parse_query(std::string_view query) {
  std::vector<Parameter> parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    std::string parameter(query.substr(0, end));
    query.remove_prefix(std::min(end + 1, query.size()));
    if (parameter.empty()) continue;
    // In a query '+' is a space (WHATWG URL, application/x-www-form-urlencoded).
    std::replace(parameter.begin(), parameter.end(), '+', ' ');
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    auto name = percent_decode(std::string_view(parameter).substr(0, equals), false);
    auto value = percent_decode(
        std::string_view(parameter).substr(std::min(equals + 1, parameter.size())), false);
    if (!name || !value) {
      return base::error(absl::StatusCode::kInvalidArgument,
                         "query parameter {}: broken percent-encoding", base::quoted(parameter));
    }
    parameters.push_back({*std::move(name), *std::move(value)});
  }
  return parameters;
}

// A field of a field is looked for where its path ends.
absl::Status unknown_parameter(const google::protobuf::Descriptor& message, std::string_view name) {
  const google::protobuf::Descriptor* owner = &message;
  std::string_view rest = name;
  for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
    const auto* field = owner->FindFieldByName(std::string(rest.substr(0, dot)));
    if (field == nullptr || field->message_type() == nullptr) break;
    owner = field->message_type();
    rest.remove_prefix(dot + 1);
  }
  return base::field_error(shown_name(name), unknown_name_text(*owner, rest, "query parameter"));
}

absl::Status fill_from_parameters(const Rule& rule, const std::vector<Parameter>& parameters,
                                  RequestMessage& request) {
  const google::protobuf::Descriptor& message = *request.message->GetDescriptor();
  std::set<std::string_view> given;
  for (const auto& [name, value] : parameters) {
    const bool is_strict = rule.names == NamePolicy::Strict;
    const bool is_new = given.insert(name).second;
    if (is_strict && !is_new && is_text_field(message, name)) {
      return base::field_error(name, "is given twice in the query");
    }
    if (is_update_mask(message, name) && resource_of(rule) != nullptr) {
      MEX_RETURN_IF_ERROR(set_update_mask(*request.message, *resource_of(rule), value));
      continue;
    }
    const absl::Status set = set_field(*request.message, name, value);
    if (!absl::IsNotFound(set)) {
      MEX_RETURN_IF_ERROR(set);
    } else if (is_strict) {
      return unknown_parameter(message, name);
    } else if (request.unknown.size() < kMaxUnknownFields) {
      request.unknown.push_back(name);
    }
  }
  return absl::OkStatus();
}

absl::Status fill_from_query(const Rule& rule, std::string_view query, RequestMessage& request) {
  // Where the body is everything, the original did not look at the query.
  const bool is_body_all = rule.body == "*";
  if (is_body_all && rule.names == NamePolicy::Lenient) return absl::OkStatus();
  MEX_ASSIGN_OR_RETURN(const std::vector<Parameter> parameters, parse_query(query));
  if (!is_body_all) return fill_from_parameters(rule, parameters, request);
  if (parameters.empty()) return absl::OkStatus();
  return base::error(absl::StatusCode::kInvalidArgument,
                     "query parameter {}: {} {} takes everything in its body",
                     base::quoted(parameters.front().name), rule.http_method, rule.path.text());
}

}  // namespace

absl::StatusOr<RequestMessage> make_request(const Rule& rule, const std::vector<Binding>& bindings,
                                            std::string_view query, std::string_view body,
                                            google::protobuf::MessageFactory& factory) {
  const Message* prototype = factory.GetPrototype(rule.method->input_type());
  RequestMessage request{std::unique_ptr<Message>(prototype->New()), {}};
  MEX_RETURN_IF_ERROR(fill_from_body(rule, body, request));
  MEX_RETURN_IF_ERROR(fill_from_query(rule, query, request));
  const google::protobuf::Descriptor* const resource = resource_of(rule);
  if (rule.http_method == "PATCH" && resource != nullptr && !has_update_mask(*request.message)) {
    set_mask_of_body(*request.message, *resource, body);
  }
  for (const Binding& binding : bindings) {
    MEX_RETURN_IF_ERROR(set_field(*request.message, binding.field, binding.value));
  }
  return request;
}

absl::StatusOr<std::string> reply_json(const Message& reply) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto converted = google::protobuf::util::MessageToJsonString(reply, &json, options);
  if (!converted.ok()) {
    return base::error(absl::StatusCode::kInternal, "{}: {}", reply.GetTypeName(),
                       std::string(converted.message().data(), converted.message().size()));
  }
  return json;
}

}  // namespace mex::api::transcoding
