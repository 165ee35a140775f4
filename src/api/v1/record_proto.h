#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/record.h"
#include "base/record_words.h"
#include "base/status.h"

// Described records (base/record.h) as messages of the API: a field of the record is the field of
// its name in the message. Words of an enum are the names of the proto's values in lower case; a
// value that has no name in the proto is its 0, "not given". Pure.
namespace mex::api {

// One field of a message. A message without the field ends the program: its proto and the
// description of the record disagree.
class MessageField {
 public:
  using Message = google::protobuf::Message;

  MessageField(const Message& message, const char* name);

  void set(Message& message, const std::string& value) const;
  void set(Message& message, bool value) const;  // a bool or a BoolValue
  void set(Message& message, int value) const;   // an int32 or an Int32Value
  void set(Message& message, const std::optional<int>& value) const;
  void set(Message& message, std::chrono::milliseconds value) const;
  void set(Message& message, const std::vector<std::string>& values) const;
  void set(Message& message, const std::map<std::string, std::string>& values) const;
  void set_word(Message& message, std::string_view word) const;
  Message& mutable_message(Message& message) const;
  Message& add_message(Message& message) const;

  // What is not given keeps its value: the default. In proto3 a string, a number or a flag without
  // a wrapper is not given if it is empty, 0 or false.
  void get(const Message& message, std::string& value) const;
  void get(const Message& message, bool& value) const;
  void get(const Message& message, int& value) const;
  void get(const Message& message, std::optional<int>& value) const;
  // Seconds beyond any limit are cut, so that no sum overflows.
  void get(const Message& message, std::chrono::milliseconds& value) const;
  void get(const Message& message, std::vector<std::string>& values) const;
  void get(const Message& message, std::map<std::string, std::string>& values) const;
  // Nothing if it is not given. A number that the proto does not name is the word "".
  std::optional<std::string> get_word(const Message& message) const;
  const Message& get_message(const Message& message) const;
  int size(const Message& message) const;
  const Message& get_message(const Message& message, int index) const;

  // "must be ISOLATED, SHARED or EXTERNAL".
  std::string allowed_words() const;

 private:
  const google::protobuf::FieldDescriptor& field_;
};

template <base::Described Record>
void write_message(const Record& record, google::protobuf::Message& message);
// InvalidArgument, naming the field as "<path>.<name>", if an enum has a number that is none of its
// values.
template <base::Described Record>
absl::Status read_message(const google::protobuf::Message& message, Record& record,
                          std::string_view path);

namespace record_proto {

using google::protobuf::Message;

template <typename Value>
void write(const MessageField& field, const Value& value, Message& message) {
  if constexpr (base::WordEnum<Value>) {
    field.set_word(message, base::to_word(value));
  } else if constexpr (base::Described<Value>) {
    write_message(value, field.mutable_message(message));
  } else {
    field.set(message, value);
  }
}
template <base::Described Value>
void write(const MessageField& field, const std::vector<Value>& values, Message& message) {
  for (const Value& value : values) write_message(value, field.add_message(message));
}

template <typename Value>
absl::Status read(const MessageField& field, const Message& message, Value& value,
                  const std::string& path) {
  if constexpr (base::WordEnum<Value>) {
    const std::optional<std::string> word = field.get_word(message);
    if (!word) return absl::OkStatus();
    const std::optional<Value> read = base::from_word<Value>(*word);
    if (!read) return base::field_error(path, field.allowed_words());
    value = *read;
    return absl::OkStatus();
  } else if constexpr (base::Described<Value>) {
    return read_message(field.get_message(message), value, path);
  } else {
    field.get(message, value);
    return absl::OkStatus();
  }
}
template <base::Described Value>
absl::Status read(const MessageField& field, const Message& message, std::vector<Value>& values,
                  const std::string& path) {
  for (int i = 0; i < field.size(message); ++i) {
    MEX_RETURN_IF_ERROR(read_message(field.get_message(message, i), values.emplace_back(),
                                     fmt::format("{}[{}]", path, i)));
  }
  return absl::OkStatus();
}

template <typename Record, typename Value, base::Presence kPresence, typename Limits>
void write_field(const base::Field<Record, Value, kPresence, Limits>& field, const Record& record,
                 Message& message) {
  write(MessageField(message, field.name), record.*field.member, message);
}
template <typename Record, typename Value>
void write_field(const base::FlatField<Record, Value>& field, const Record& record,
                 Message& message) {
  write_message(record.*field.member, message);
}
template <typename Record, typename Value>
void write_field(const base::GroupField<Record, Value>& field, const Record& record,
                 Message& message) {
  write_message(record.*field.member, message);
}

template <typename Record, typename Value, base::Presence kPresence, typename Limits>
absl::Status read_field(const base::Field<Record, Value, kPresence, Limits>& field,
                        const Message& message, Record& record, std::string_view path) {
  return read(MessageField(message, field.name), message, record.*field.member,
              fmt::format("{}.{}", path, field.name));
}
template <typename Record, typename Value>
absl::Status read_field(const base::FlatField<Record, Value>& field, const Message& message,
                        Record& record, std::string_view path) {
  return read_message(message, record.*field.member, path);
}
template <typename Record, typename Value>
absl::Status read_field(const base::GroupField<Record, Value>& field, const Message& message,
                        Record& record, std::string_view path) {
  return read_message(message, record.*field.member, path);
}

}  // namespace record_proto

template <base::Described Record>
void write_message(const Record& record, google::protobuf::Message& message) {
  base::for_each_field<Record>([&](const auto& field) {
    record_proto::write_field(field, record, message);
    return true;
  });
}

template <base::Described Record>
absl::Status read_message(const google::protobuf::Message& message, Record& record,
                          std::string_view path) {
  absl::Status status;
  base::for_each_field<Record>([&](const auto& field) {
    status = record_proto::read_field(field, message, record, path);
    return status.ok();
  });
  return status;
}

}  // namespace mex::api
