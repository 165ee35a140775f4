#pragma once

// Structured logs: a fixed message and named values, so that people can read them and programs can
// count them. Text form: "13:28:25.123 info  route added  path=/test2 origin=http://…"; JSON form:
// one object a line. Thread-safe; never blocks on anything but stderr.
//
// Secrets never reach a log: what must not be shown is a base::Secret, which has no text form.

#include <fmt/format.h>

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/status.h"

namespace mex::log {

enum class Level { Debug, Info, Warning, Error };
enum class Format { Text, Json };

// One named value of a log line.
struct Field {
  // `field_value`: whatever fmt can format, or a status, which shows its code and message.
  template <typename Value>
  Field(std::string_view field_name, const Value& field_value)
      : name(field_name), value(fmt::format("{}", field_value)) {}
  Field(std::string_view field_name, const absl::Status& status)
      : name(field_name), value(status.ToString(absl::StatusToStringMode::kWithNoExtraData)) {}

  std::string_view name;
  std::string value;
};

// Called once by main before other threads start; until then: text, info and above.
void configure(Format format, Level least);

void write(Level level, std::string_view message, std::initializer_list<Field> fields);

// For threads that must not wait, not even for stderr: a thread of the log's own writes the line.
// Of more lines than wait already, it writes how many were left out. Any thread.
void write_later(Level level, std::string_view message, std::initializer_list<Field> fields);

// Waits until what write_later() was given is written, or until the time is over: at a process's
// end.
void flush(std::chrono::milliseconds longest);

bool enabled(Level level);

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::Debug)) write(Level::Debug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::Info, message, fields);
}
inline void warning(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::Warning, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::Error, message, fields);
}

// The line as it would be written, without time and level; apart from write() so that it can be
// tested. Values with spaces, quotes, control or non-ASCII bytes are quoted and escaped.
std::string text_line(std::string_view message, std::initializer_list<Field> fields);
std::string json_line(std::string_view time, Level level, std::string_view message,
                      std::initializer_list<Field> fields);

}  // namespace mex::log
