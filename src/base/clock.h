#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mex::base {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

// The source of time for code that must be testable without waiting. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall_now() const = 0;      // for records that people and other programs read
  virtual SteadyTime steady_now() const = 0;  // for deadlines and durations
};

// The machine's clocks. Exists until the process ends.
Clock& system_clock();

// RFC 3339 in UTC with milliseconds: "2026-11-22T13:28:25.123Z".
std::string format_rfc3339(WallTime time);
// With any fraction of seconds, of which milliseconds are kept, and any offset from UTC.
std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace mex::base
