#pragma once

#include <string_view>

#include "events/event.h"
#include "events/event_log.h"

namespace mex::events {

// What a part of the agent tells events to: a log, or nobody. A value; thread-safe.
class Recorder {
 public:
  Recorder() = default;
  // `log` outlives this object and all copies of it.
  explicit Recorder(EventLog& log) : log_(&log) {}

  void normal(const Subject& subject, std::string_view reason, std::string_view message) const {
    if (log_ != nullptr) log_->record(Type::Normal, subject, reason, message);
  }
  void warning(const Subject& subject, std::string_view reason, std::string_view message) const {
    if (log_ != nullptr) log_->record(Type::Warning, subject, reason, message);
  }

 private:
  EventLog* log_ = nullptr;
};

}  // namespace mex::events
