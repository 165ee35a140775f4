#include "api/transcoding/json_check.h"

#include <fmt/format.h>
#include <google/protobuf/duration.pb.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "api/transcoding/duration_text.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::api::transcoding {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

enum class ValueKind { Null, Bool, Number, String, Object, List };

std::string_view kind_text(ValueKind kind) {
  switch (kind) {
    case ValueKind::Null:
      return "null";
    case ValueKind::Bool:
      return "a boolean";
    case ValueKind::Number:
      return "a number";
    case ValueKind::String:
      return "a string";
    case ValueKind::Object:
      return "an object";
    case ValueKind::List:
      return "a list";
  }
  return "";
}

const FieldDescriptor* find_member(const Descriptor& message, const std::string& name) {
  const FieldDescriptor* field = message.FindFieldByName(name);
  if (field != nullptr) return field;
  for (int i = 0; i < message.field_count(); ++i) {
    if (message.field(i)->json_name() == name) return message.field(i);
  }
  return nullptr;
}

// Whether the type has a special JSON form (Timestamp is a string, Value is anything), which the
// converter checks.
bool has_own_form(const FieldDescriptor& field) {
  return field.message_type() != nullptr &&
         field.message_type()->file()->package() == "google.protobuf";
}

bool is_duration(const FieldDescriptor& field) {
  return field.message_type() != nullptr &&
         field.message_type()->full_name() == google::protobuf::Duration::descriptor()->full_name();
}

void write_durations(nlohmann::json& object, const Descriptor& message);

// One value of `field`, or one element.
void write_duration(nlohmann::json& value, const FieldDescriptor& field) {
  if (is_duration(field)) {
    if (!value.is_string() && !value.is_number()) return;
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (auto plain = plain_duration(text)) value = *std::move(plain);
  } else if (field.message_type() != nullptr && !has_own_form(field)) {
    write_durations(value, *field.message_type());
  }
}

void write_durations(nlohmann::json& object, const Descriptor& message) {
  if (!object.is_object()) return;
  for (const auto& [name, value] : object.items()) {
    const FieldDescriptor* field = find_member(message, name);
    if (field == nullptr) continue;
    const FieldDescriptor& element = field->is_map() ? *field->message_type()->map_value() : *field;
    if (field->is_map() || field->is_repeated()) {
      for (nlohmann::json& each : value) write_duration(each, element);
    } else {
      write_duration(value, element);
    }
  }
}

// What one value of `field` must be; empty if `kind` is right.
std::string_view expected_instead(const FieldDescriptor& field, ValueKind kind) {
  const auto unless = [](bool fits, std::string_view what) {
    return fits ? std::string_view() : what;
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return unless(kind == ValueKind::Object, "an object");
    case FieldDescriptor::CPPTYPE_STRING:
      return unless(kind == ValueKind::String, "a string");
    case FieldDescriptor::CPPTYPE_BOOL:
      return unless(kind == ValueKind::Bool, "true or false");
    case FieldDescriptor::CPPTYPE_ENUM:
      return unless(kind == ValueKind::String || kind == ValueKind::Number, "a string");
    default:
      return unless(kind == ValueKind::Number || kind == ValueKind::String, "a number");
  }
}

std::string wrong_kind(std::string_view expected, ValueKind kind) {
  return fmt::format("must be {}, not {}", expected, kind_text(kind));
}

// proto3 keeps numbers that it has no name for.
bool is_enum_number(const google::protobuf::EnumDescriptor& type, std::string_view text) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && type.FindValueByNumber(number) != nullptr;
}

// Follows the text with a stack of what surrounds the current value.
class Checker final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Checker(std::string_view json, const Descriptor& message, NamePolicy names, std::string_view root)
      : json_(json), message_(message), names_(names), root_(root) {}

  bool null() override { return value(ValueKind::Null); }
  bool boolean(bool) override { return value(ValueKind::Bool); }
  bool number_integer(std::int64_t number) override { return number_text(std::to_string(number)); }
  bool number_unsigned(std::uint64_t number) override {
    return number_text(std::to_string(number));
  }
  bool number_float(double, const std::string& text) override { return number_text(text); }
  bool string(std::string& text) override;
  bool binary(nlohmann::json::binary_t&) override { return false; }  // does not occur in text
  bool start_object(std::size_t) override { return open(ValueKind::Object); }
  bool start_array(std::size_t) override { return open(ValueKind::List); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override;
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& exception) override;

  absl::Status fault() { return std::move(fault_); }
  CheckedJson result() { return {std::move(unknown_), has_durations_}; }

 private:
  struct Frame {
    ValueKind kind;
    const Descriptor* members;      // of an object that is a message; null otherwise
    const FieldDescriptor* field;   // what the next value belongs to; null: not looked at
    std::string name;               // of the current member
    std::size_t index = 0;          // of the current element
    std::set<std::string> given{};  // names so far, where none may come twice
  };

  bool value(ValueKind kind);
  bool number_text(const std::string& text);
  bool check_duration(const std::string& text);
  bool refuse(std::string_view why);
  bool open(ValueKind kind);
  bool close();
  bool check(ValueKind kind);
  std::string path() const;

  // Whether the innermost frame holds elements of its field rather than the field as a whole.
  bool in_collection() const {
    return frames_.back().kind == ValueKind::List || frames_.back().members == nullptr;
  }
  void next_element() {
    if (!frames_.empty()) ++frames_.back().index;
  }

  std::string_view json_;
  const Descriptor& message_;
  NamePolicy names_;
  std::string_view root_;
  std::vector<Frame> frames_;
  std::vector<std::string> unknown_;
  bool has_durations_ = false;
  absl::Status fault_;
};

std::string Checker::path() const {
  std::string text(root_);
  for (const Frame& frame : frames_) {
    if (frame.kind == ValueKind::List) {
      text += fmt::format("[{}]", frame.index);
    } else {
      if (!text.empty()) text += '.';
      text += shown_name(frame.name);
    }
  }
  return text;
}

bool Checker::refuse(std::string_view why) {
  fault_ = base::field_error(path(), why);
  return false;
}

bool Checker::check(ValueKind kind) {
  if (frames_.empty()) {
    if (kind == ValueKind::Object) return true;
    fault_ = base::error(absl::StatusCode::kInvalidArgument,
                         "the body must be a JSON object, not {}", kind_text(kind));
    return false;
  }
  const FieldDescriptor* field = frames_.back().field;
  if (field == nullptr || has_own_form(*field)) return true;
  if (!in_collection()) {
    if (kind == ValueKind::Null) return true;  // as if it were not there
    if (field->is_map()) return kind == ValueKind::Object || refuse(wrong_kind("an object", kind));
    if (field->is_repeated()) return kind == ValueKind::List || refuse(wrong_kind("a list", kind));
  }
  const std::string_view expected = expected_instead(*field, kind);
  return expected.empty() || refuse(wrong_kind(expected, kind));
}

bool Checker::value(ValueKind kind) {
  if (!check(kind)) return false;
  next_element();
  return true;
}

// The converter's own refusal of a duration does not say what would be right.
bool Checker::check_duration(const std::string& text) {
  const auto plain = plain_duration(text);
  has_durations_ = has_durations_ || plain != text;
  if (plain) return true;
  return refuse(fmt::format("{} is not a duration, such as \"90s\", \"15m\" or \"1h30m\"",
                            base::quoted(text)));
}

bool Checker::number_text(const std::string& text) {
  const FieldDescriptor* field = frames_.empty() ? nullptr : frames_.back().field;
  if (field != nullptr && field->enum_type() != nullptr &&
      !is_enum_number(*field->enum_type(), text)) {
    return refuse(fmt::format("{} {}", text, unknown_value_text(*field->enum_type(), "")));
  }
  if (field == nullptr || !is_duration(*field)) return value(ValueKind::Number);
  has_durations_ = true;
  return check_duration(text) && value(ValueKind::Number);
}

// The converter drops names of enum values that it does not know, together with unknown fields.
bool Checker::string(std::string& text) {
  const FieldDescriptor* field = frames_.empty() ? nullptr : frames_.back().field;
  if (field != nullptr && field->enum_type() != nullptr &&
      field->enum_type()->FindValueByName(text) == nullptr) {
    return refuse(
        fmt::format("{} {}", base::quoted(text), unknown_value_text(*field->enum_type(), text)));
  }
  if (field != nullptr && is_duration(*field) && !check_duration(text)) return false;
  return value(ValueKind::String);
}

bool Checker::open(ValueKind kind) {
  if (!check(kind)) return false;
  if (frames_.size() == kMaxNesting) {
    fault_ = base::error(absl::StatusCode::kInvalidArgument, "JSON nested over {} levels deep",
                         kMaxNesting);
    return false;
  }
  if (frames_.empty()) {
    frames_.push_back({kind, &message_, nullptr, {}});
    return true;
  }
  const FieldDescriptor* field = frames_.back().field;
  if (field == nullptr || has_own_form(*field)) {
    frames_.push_back({kind, nullptr, nullptr, {}});
  } else if (kind == ValueKind::List) {
    frames_.push_back({kind, nullptr, field, {}});
  } else if (field->is_map()) {
    frames_.push_back({kind, nullptr, field->message_type()->map_value(), {}});
  } else {
    frames_.push_back({kind, field->message_type(), nullptr, {}});
  }
  return true;
}

bool Checker::close() {
  frames_.pop_back();
  next_element();
  return true;
}

bool Checker::key(std::string& name) {
  Frame& frame = frames_.back();
  frame.name = name;
  if (frame.members != nullptr) frame.field = find_member(*frame.members, name);
  const bool is_unknown = frame.members != nullptr && frame.field == nullptr;
  if (names_ == NamePolicy::Lenient) {
    if (is_unknown && unknown_.size() < kMaxUnknownFields) unknown_.push_back(path());
    return true;
  }
  if (is_unknown) return refuse(unknown_name_text(*frame.members, name, "field"));
  // A field has two names: that of the proto and the one in camel case.
  const std::string& given = frame.members == nullptr ? name : frame.field->name();
  if (!frame.given.insert(given).second) return refuse("is given twice");
  return true;
}

bool Checker::parse_error(std::size_t position, const std::string&,
                          const nlohmann::json::exception& exception) {
  // The library's message begins with its prefix and its form of the position: both are cut off.
  std::string_view what = exception.what();
  for (const std::string_view mark : {"] ", "column "}) {
    if (const auto at = what.find(mark); at != what.npos) what.remove_prefix(at + mark.size());
  }
  if (const auto at = what.find_first_not_of("0123456789: "); at != what.npos) {
    what.remove_prefix(at);
  }
  const std::string_view before = json_.substr(0, position == 0 ? 0 : position - 1);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto line_begin = before.rfind('\n');
  const auto column = before.size() - (line_begin == before.npos ? 0 : line_begin + 1) + 1;
  constexpr std::size_t kLongest = 200;
  fault_ =
      base::error(absl::StatusCode::kInvalidArgument, "malformed JSON at line {}, column {}: {}",
                  line, column, what.substr(0, kLongest));
  return false;
}

}  // namespace

absl::StatusOr<CheckedJson> check_json(std::string_view json, const Descriptor& message,
                                       NamePolicy names, std::string_view root) {
  Checker checker(json, message, names, root);
  if (!nlohmann::json::sax_parse(json, &checker)) return checker.fault();
  return checker.result();
}

std::string with_plain_durations(std::string_view json, const Descriptor& message) {
  auto document = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  write_durations(document, message);
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace mex::api::transcoding
