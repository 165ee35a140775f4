#include "agent/flag_duration.h"

#include "absl/time/time.h"
#include "agent/flag_error.h"
#include "base/json_text.h"

namespace mex::agent {

absl::StatusOr<std::chrono::seconds> duration_of(std::string_view flag, const std::string& text,
                                                 std::chrono::seconds least,
                                                 std::chrono::seconds most) {
  absl::Duration duration;
  const bool is_duration = absl::ParseDuration(text, &duration);
  const auto seconds = absl::ToChronoSeconds(duration);
  if (is_duration && seconds >= least && seconds <= most) return seconds;
  return flag_error("-{}: must be {}s to {}s, like 5m, not {}", flag, least.count(), most.count(),
                    base::quoted(text));
}

}  // namespace mex::agent
