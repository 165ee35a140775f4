#include "api/v1/record_proto.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "base/check.h"

namespace mex::api {
namespace {

using google::protobuf::BoolValue;
using google::protobuf::Duration;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Int32Value;
using google::protobuf::Message;
using std::chrono::milliseconds;

const FieldDescriptor& find(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  MEX_CHECK(field != nullptr, name);
  return *field;
}

bool is_message(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

// The message of a type that is generated into this program.
template <typename Part>
Part& mutable_part(Message& message, const FieldDescriptor& field) {
  auto* generated = google::protobuf::DynamicCastToGenerated<Part>(
      message.GetReflection()->MutableMessage(&message, &field));
  MEX_CHECK(generated != nullptr, field.full_name());
  return *generated;
}

// Null if it is not given.
template <typename Part>
const Part* part(const Message& message, const FieldDescriptor& field) {
  if (!message.GetReflection()->HasField(message, &field)) return nullptr;
  const auto* generated = google::protobuf::DynamicCastToGenerated<Part>(
      &message.GetReflection()->GetMessage(message, &field));
  MEX_CHECK(generated != nullptr, field.full_name());
  return generated;
}

// Debian's absl has another string_view than the standard library's.
absl::string_view view(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

MessageField::MessageField(const Message& message, const char* name)
    : field_(find(message, name)) {}

void MessageField::set(Message& message, const std::string& value) const {
  message.GetReflection()->SetString(&message, &field_, value);
}

void MessageField::set(Message& message, bool value) const {
  if (is_message(field_)) {
    mutable_part<BoolValue>(message, field_).set_value(value);
  } else {
    message.GetReflection()->SetBool(&message, &field_, value);
  }
}

void MessageField::set(Message& message, int value) const {
  if (is_message(field_)) {
    mutable_part<Int32Value>(message, field_).set_value(value);
  } else {
    message.GetReflection()->SetInt32(&message, &field_, value);
  }
}

void MessageField::set(Message& message, const std::optional<int>& value) const {
  if (value) set(message, *value);
}

void MessageField::set(Message& message, milliseconds value) const {
  Duration& duration = mutable_part<Duration>(message, field_);
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(value);
  duration.set_seconds(whole.count());
  duration.set_nanos(static_cast<std::int32_t>(std::chrono::nanoseconds(value - whole).count()));
}

void MessageField::set(Message& message, const std::vector<std::string>& values) const {
  for (const std::string& value : values) {
    message.GetReflection()->AddString(&message, &field_, value);
  }
}

void MessageField::set(Message& message, const std::map<std::string, std::string>& values) const {
  for (const auto& [key, value] : values) {
    Message& entry = add_message(message);
    entry.GetReflection()->SetString(&entry, field_.message_type()->map_key(), key);
    entry.GetReflection()->SetString(&entry, field_.message_type()->map_value(), value);
  }
}

void MessageField::set_word(Message& message, std::string_view word) const {
  const EnumValueDescriptor* value =
      field_.enum_type()->FindValueByName(absl::AsciiStrToUpper(view(word)));
  if (value != nullptr) message.GetReflection()->SetEnum(&message, &field_, value);
}

Message& MessageField::mutable_message(Message& message) const {
  return *message.GetReflection()->MutableMessage(&message, &field_);
}

Message& MessageField::add_message(Message& message) const {
  return *message.GetReflection()->AddMessage(&message, &field_);
}

void MessageField::get(const Message& message, std::string& value) const {
  std::string given = message.GetReflection()->GetString(message, &field_);
  if (!given.empty()) value = std::move(given);
}

void MessageField::get(const Message& message, bool& value) const {
  if (!is_message(field_)) {
    value = value || message.GetReflection()->GetBool(message, &field_);
  } else if (const auto* given = part<BoolValue>(message, field_)) {
    value = given->value();
  }
}

void MessageField::get(const Message& message, int& value) const {
  if (!is_message(field_)) {
    const int given = message.GetReflection()->GetInt32(message, &field_);
    if (given != 0) value = given;
  } else if (const auto* given = part<Int32Value>(message, field_)) {
    value = given->value();
  }
}

void MessageField::get(const Message& message, std::optional<int>& value) const {
  if (const auto* given = part<Int32Value>(message, field_)) value = given->value();
}

void MessageField::get(const Message& message, milliseconds& value) const {
  const auto* given = part<Duration>(message, field_);
  if (given == nullptr) return;
  constexpr std::int64_t kMaxSeconds = 1'000'000'000;
  const std::int64_t whole = std::clamp<std::int64_t>(given->seconds(), -kMaxSeconds, kMaxSeconds);
  value = std::chrono::seconds(whole) +
          std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(given->nanos()));
}

void MessageField::get(const Message& message, std::vector<std::string>& values) const {
  for (int i = 0; i < size(message); ++i) {
    values.push_back(message.GetReflection()->GetRepeatedString(message, &field_, i));
  }
}

void MessageField::get(const Message& message, std::map<std::string, std::string>& values) const {
  for (int i = 0; i < size(message); ++i) {
    const Message& entry = get_message(message, i);
    const auto text = [&](const FieldDescriptor* field) {
      return entry.GetReflection()->GetString(entry, field);
    };
    values[text(field_.message_type()->map_key())] = text(field_.message_type()->map_value());
  }
}

std::optional<std::string> MessageField::get_word(const Message& message) const {
  const int number = message.GetReflection()->GetEnumValue(message, &field_);
  if (number == 0) return std::nullopt;
  const EnumValueDescriptor* value = field_.enum_type()->FindValueByNumber(number);
  return value == nullptr ? std::string() : absl::AsciiStrToLower(value->name());
}

const Message& MessageField::get_message(const Message& message) const {
  return message.GetReflection()->GetMessage(message, &field_);
}

int MessageField::size(const Message& message) const {
  return message.GetReflection()->FieldSize(message, &field_);
}

const Message& MessageField::get_message(const Message& message, int index) const {
  return message.GetReflection()->GetRepeatedMessage(message, &field_, index);
}

std::string MessageField::allowed_words() const {
  std::vector<std::string> names;
  for (int i = 0; i < field_.enum_type()->value_count(); ++i) {
    const EnumValueDescriptor& value = *field_.enum_type()->value(i);
    if (value.number() != 0) names.push_back(value.name());
  }
  std::string text = "must be ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace mex::api
