#include "api/transcoding/request_message.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>

#include "api/transcoding/field_value.h"
#include "api/transcoding/json_check.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::api::transcoding {
namespace {

using google::protobuf::Message;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

absl::Status fill_from_body(const Rule& rule, std::string_view body, RequestMessage& request) {
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
  MEX_ASSIGN_OR_RETURN(CheckedJson checked,
                       check_json(body, descriptor, rule.body == "*" ? "" : rule.body));
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

absl::Status fill_from_query(std::string_view query, RequestMessage& request) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    std::string parameter(query.substr(0, end));
    query.remove_prefix(std::min(end + 1, query.size()));
    if (parameter.empty()) continue;
    // In a query '+' is a space (WHATWG URL, application/x-www-form-urlencoded).
    std::replace(parameter.begin(), parameter.end(), '+', ' ');
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const auto name = percent_decode(std::string_view(parameter).substr(0, equals), false);
    const auto value = percent_decode(
        std::string_view(parameter).substr(std::min(equals + 1, parameter.size())), false);
    if (!name || !value) {
      return base::error(absl::StatusCode::kInvalidArgument,
                         "query parameter {}: broken percent-encoding", base::quoted(parameter));
    }
    const absl::Status set = set_field(*request.message, *name, *value);
    if (!absl::IsNotFound(set)) {
      MEX_RETURN_IF_ERROR(set);
    } else if (request.unknown.size() < kMaxUnknownFields) {
      request.unknown.push_back(*name);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RequestMessage> make_request(const Rule& rule, const std::vector<Binding>& bindings,
                                            std::string_view query, std::string_view body,
                                            google::protobuf::MessageFactory& factory) {
  const Message* prototype = factory.GetPrototype(rule.method->input_type());
  RequestMessage request{std::unique_ptr<Message>(prototype->New()), {}};
  MEX_RETURN_IF_ERROR(fill_from_body(rule, body, request));
  if (rule.body != "*") MEX_RETURN_IF_ERROR(fill_from_query(query, request));
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
