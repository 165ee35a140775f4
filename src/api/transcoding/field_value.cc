#include "api/transcoding/field_value.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "api/transcoding/name_policy.h"
#include "base/json_text.h"
#include "base/status.h"
#include "base/utf8.h"

namespace mex::api::transcoding {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const FieldDescriptor* find_field(const Descriptor& message, std::string_view name) {
  return message.FindFieldByName(std::string(name));
}

bool is_single_message(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_repeated();
}

// The one place where "set" and "add" differ.
struct Target {
  Message& message;
  const FieldDescriptor& field;
  const Reflection& reflection = *message.GetReflection();
};

template <auto Set, auto Add, typename Value>
void store(const Target& target, Value&& value) {
  if (target.field.is_repeated()) {
    (target.reflection.*Add)(&target.message, &target.field, std::forward<Value>(value));
  } else {
    (target.reflection.*Set)(&target.message, &target.field, std::forward<Value>(value));
  }
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

const EnumValueDescriptor* parse_enum(const FieldDescriptor& field, std::string_view text) {
  const auto* by_name = field.enum_type()->FindValueByName(std::string(text));
  if (by_name != nullptr) return by_name;
  const std::optional<int> number = parse_number<int>(text);
  return number ? field.enum_type()->FindValueByNumber(*number) : nullptr;
}

// The functions below return what is wrong with the text, or nothing if it was stored.

template <auto Set, auto Add, typename Number>
std::string store_number(const Target& target, std::string_view text, std::string_view what) {
  const std::optional<Number> value = parse_number<Number>(text);
  if (!value) return std::string(what);
  store<Set, Add>(target, *value);
  return {};
}

std::string store_string(const Target& target, std::string_view text) {
  const bool is_text = target.field.type() == FieldDescriptor::TYPE_STRING;
  if (is_text && !base::is_utf8(text)) return "must be UTF-8";
  store<&Reflection::SetString, &Reflection::AddString>(target, std::string(text));
  return {};
}

std::string store_bool(const Target& target, std::string_view text) {
  if (text != "true" && text != "false") return "must be true or false";
  store<&Reflection::SetBool, &Reflection::AddBool>(target, text == "true");
  return {};
}

std::string store_enum(const Target& target, std::string_view text) {
  const EnumValueDescriptor* value = parse_enum(target.field, text);
  if (value == nullptr) return unknown_value_text(*target.field.enum_type(), text);
  store<&Reflection::SetEnum, &Reflection::AddEnum>(target, value);
  return {};
}

std::string store_text(const Target& target, std::string_view text) {
  using Field = FieldDescriptor;
  using Access = Reflection;
  switch (target.field.cpp_type()) {
    case Field::CPPTYPE_STRING:
      return store_string(target, text);
    case Field::CPPTYPE_BOOL:
      return store_bool(target, text);
    case Field::CPPTYPE_ENUM:
      return store_enum(target, text);
    case Field::CPPTYPE_INT32:
      return store_number<&Access::SetInt32, &Access::AddInt32, std::int32_t>(
          target, text, "must be a 32-bit integer");
    case Field::CPPTYPE_INT64:
      return store_number<&Access::SetInt64, &Access::AddInt64, std::int64_t>(
          target, text, "must be a 64-bit integer");
    case Field::CPPTYPE_UINT32:
      return store_number<&Access::SetUInt32, &Access::AddUInt32, std::uint32_t>(
          target, text, "must be a 32-bit integer that is not negative");
    case Field::CPPTYPE_UINT64:
      return store_number<&Access::SetUInt64, &Access::AddUInt64, std::uint64_t>(
          target, text, "must be a 64-bit integer that is not negative");
    case Field::CPPTYPE_FLOAT:
      return store_number<&Access::SetFloat, &Access::AddFloat, float>(target, text,
                                                                       "must be a number");
    case Field::CPPTYPE_DOUBLE:
      return store_number<&Access::SetDouble, &Access::AddDouble, double>(target, text,
                                                                          "must be a number");
    case Field::CPPTYPE_MESSAGE:
      break;
  }
  return "is a message and cannot be given as text";
}

}  // namespace

bool is_text_field(const Descriptor& message, std::string_view path) {
  const std::size_t dot = path.find('.');
  const FieldDescriptor* field = find_field(message, path.substr(0, dot));
  if (field == nullptr) return false;
  if (dot == std::string_view::npos) {
    return !field->is_repeated() && field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
  }
  return is_single_message(*field) && is_text_field(*field->message_type(), path.substr(dot + 1));
}

absl::Status set_field(Message& message, std::string_view path, std::string_view text) {
  Message* owner = &message;
  std::string_view rest = path;
  while (true) {
    const std::size_t dot = rest.find('.');
    const FieldDescriptor* field = find_field(*owner->GetDescriptor(), rest.substr(0, dot));
    if (field == nullptr) {
      return base::error(absl::StatusCode::kNotFound, "no field {}", base::quoted(path));
    }
    if (dot == std::string_view::npos) {
      const std::string fault = store_text(Target{*owner, *field}, text);
      return fault.empty() ? absl::OkStatus() : base::field_error(path, fault);
    }
    if (!is_single_message(*field)) {
      return base::error(absl::StatusCode::kNotFound, "no field {}", base::quoted(path));
    }
    owner = owner->GetReflection()->MutableMessage(owner, field);
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace mex::api::transcoding
