#include "agent/flag_duration.h"

#include "absl/time/time.h"
#include "agent/flag_error.h"
#include "base/duration_text.h"
#include "base/json_text.h"

namespace mex::agent {

absl::StatusOr<std::chrono::seconds> duration_of(std::string_view flag, const std::string& text,
                                                 std::chrono::seconds least,
                                                 std::chrono::seconds most) {
  // Go's form, "1.5h", and the one of the API, "1d" and plain seconds.
  absl::Duration duration;
  bool is_duration = absl::ParseDuration(text, &duration);
  auto seconds = absl::ToChronoSeconds(duration);
  if (const auto parsed = base::parse_duration(text)) {
    is_duration = true;
    seconds = std::chrono::floor<std::chrono::seconds>(*parsed);
  }
  if (is_duration && seconds >= least && seconds <= most) return seconds;
  return flag_error("-{}: must be {}s to {}s, like 90s, 5m or 1h30m, not {}", flag, least.count(),
                    most.count(), base::quoted(text));
}

}  // namespace mex::agent
