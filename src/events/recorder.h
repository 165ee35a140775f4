#pragma once

#include <string_view>

#include "events/event.h"
#include "events/event_log.h"

namespace mex::events {

// Where a part of the agent records events: in a log, or nowhere. A value; thread-safe.
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
