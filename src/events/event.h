#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace mex::events {

enum class Type : std::uint8_t {
  Normal,
  Warning,  // needs attention
};

// What an event is about.
struct Subject {
  std::string kind;  // one of those in subject_kinds.h
  std::string name;
  std::string tenant{};  // of a cluster; empty for all else

  bool operator==(const Subject&) const = default;
};

// The same thing may happen again: then it is counted, and becomes the newest.
struct Event {
  // Of the last time. No two events have the same, and what happens later has a higher one,
  // whatever the clock says.
  std::uint64_t number = 0;
  Type type = Type::Normal;
  Subject subject;
  std::string reason;   // for programs: "OrderFailed"
  std::string message;  // one line for people, without what is different each time
  std::uint64_t count = 1;
  base::WallTime first{};
  base::WallTime last{};

  bool operator==(const Event&) const = default;
};

}  // namespace mex::events
