#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/log_queue.h"

namespace mex::log {
namespace {

std::atomic<Format> current_format{Format::Text};

spdlog::logger& logger() {
  // Never destroyed: the queue's thread uses it to the very end.
  static spdlog::logger* const instance = [] {
    auto* const made =
        new spdlog::logger("mexosagent", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_pattern("%H:%M:%S.%e %^%-7l%$ %v");
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::Debug:
      return spdlog::level::debug;
    case Level::Info:
      return spdlog::level::info;
    case Level::Warning:
      return spdlog::level::warn;
    case Level::Error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::Debug:
      return "debug";
    case Level::Info:
      return "info";
    case Level::Warning:
      return "warning";
    case Level::Error:
      return "error";
  }
  return "error";
}

std::string line_of(Level level, std::string_view message, std::initializer_list<Field> fields) {
  const bool json = current_format.load(std::memory_order_relaxed) == Format::Json;
  if (!json) return text_line(message, fields);
  return json_line(base::format_rfc3339(base::system_clock().wall_now()), level, message, fields);
}

void write_line(Level level, const std::string& line) {
  logger().log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

LogQueue& queue() {
  static LogQueue* const instance = new LogQueue(&write_line, [](std::size_t count) {
    return line_of(Level::Warning, "lines of the log were left out", {{"count", count}});
  });
  return *instance;
}

bool needs_quotes(std::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=') return true;
  }
  return false;
}

}  // namespace

void configure(Format format, Level least) {
  current_format = format;
  logger().set_level(to_spdlog(least));
  if (format == Format::Json) logger().set_pattern("%v");
}

bool enabled(Level level) { return logger().should_log(to_spdlog(level)); }

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (enabled(level)) write_line(level, line_of(level, message, fields));
}

void write_later(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (enabled(level)) queue().add(level, line_of(level, message, fields));
}

void flush(std::chrono::milliseconds longest) { queue().wait_until_empty(longest); }

std::string text_line(std::string_view message, std::initializer_list<Field> fields) {
  std::string line(message);
  for (const Field& field : fields) {
    line += fmt::format(" {}=", field.name);
    if (needs_quotes(field.value)) {
      base::append_json_string(line, field.value);
    } else {
      line += field.value;
    }
  }
  return line;
}

std::string json_line(std::string_view time, Level level, std::string_view message,
                      std::initializer_list<Field> fields) {
  std::string line = "{\"time\":";
  base::append_json_string(line, time);
  line += fmt::format(",\"level\":\"{}\",\"message\":", to_string(level));
  base::append_json_string(line, message);
  for (const Field& field : fields) {
    line += ',';
    base::append_json_string(line, field.name);
    line += ':';
    base::append_json_string(line, field.value);
  }
  line += '}';
  return line;
}

}  // namespace mex::log
