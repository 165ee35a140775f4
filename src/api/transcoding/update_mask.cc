#include "api/transcoding/update_mask.h"

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/util/field_mask_util.h>

#include <algorithm>
#include <string>

#include "base/json_text.h"
#include "base/record_json.h"
#include "base/status.h"

namespace mex::api::transcoding {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;

constexpr const char* kField = "update_mask";

// The request's own, whatever factory it is of.
void add_path(Message& request, const std::string& path) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName(kField);
  Message* mask = request.GetReflection()->MutableMessage(&request, field);
  mask->GetReflection()->AddString(mask, mask->GetDescriptor()->FindFieldByName("paths"), path);
}

const FieldDescriptor* field_of(const Descriptor& message, const std::string& name) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    if (field->name() == name || field->json_name() == name) return field;
  }
  return nullptr;
}

// Durations and times are values, although they are messages.
bool has_parts(const FieldDescriptor& field) {
  return field.message_type() != nullptr && !field.is_repeated() &&
         field.message_type()->file()->package() != "google.protobuf";
}

void add_members(Message& request, const Descriptor& message, const base::Json& object,
                 const std::string& prefix) {
  for (const auto& [name, value] : object.items()) {
    const FieldDescriptor* field = field_of(message, name);
    if (field == nullptr) continue;
    if (value.is_object() && has_parts(*field)) {
      add_members(request, *field->message_type(), value, prefix + field->name() + ".");
    } else {
      add_path(request, prefix + field->name());
    }
  }
}

bool is_path(const Descriptor& message, std::string_view path) {
  const Descriptor* owner = &message;
  while (owner != nullptr) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const FieldDescriptor* field = owner->FindFieldByName(std::string(path.substr(0, dot)));
    if (field == nullptr) return false;
    if (dot == path.size()) return true;
    path.remove_prefix(dot + 1);
    owner = has_parts(*field) ? field->message_type() : nullptr;
  }
  return false;
}

}  // namespace

bool is_update_mask(const Descriptor& request, std::string_view name) {
  if (name != kField) return false;
  const FieldDescriptor* field = request.FindFieldByName(kField);
  return field != nullptr && field->message_type() != nullptr &&
         field->message_type()->full_name() == FieldMask::descriptor()->full_name();
}

bool has_update_mask(const Message& request) {
  if (!is_update_mask(*request.GetDescriptor(), kField)) return true;
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName(kField);
  return request.GetReflection()->HasField(request, field);
}

absl::Status set_update_mask(Message& request, const Descriptor& resource, std::string_view paths) {
  if (paths == "*") {
    for (int i = 0; i < resource.field_count(); ++i) add_path(request, resource.field(i)->name());
    return absl::OkStatus();
  }
  while (!paths.empty()) {
    const std::size_t end = std::min(paths.find(','), paths.size());
    const std::string_view path = paths.substr(0, end);
    if (!is_path(resource, path)) {
      return base::field_error(kField,
                               base::quoted(path.substr(0, 100)) +
                                   " is no field (fields are as in answers, \"a.b\" for one "
                                   "within another, with commas between)");
    }
    add_path(request, std::string(path));
    paths.remove_prefix(std::min(end + 1, paths.size()));
  }
  return absl::OkStatus();
}

void set_mask_of_body(Message& request, const Descriptor& resource, std::string_view json) {
  const base::Json body = base::Json::parse(json, nullptr, false);
  if (body.is_object()) add_members(request, resource, body, "");
}

}  // namespace mex::api::transcoding
