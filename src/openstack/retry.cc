#include "openstack/retry.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace mex::openstack {
namespace {

bool turned_away(const http_client::Response& response) {
  if (is_rate_limit(response)) return true;
  return (response.status == 429 || response.status == 503) &&
         !response.header("retry-after").empty();
}

}  // namespace

bool is_rate_limit(const http_client::Response& response) {
  const std::string_view pause = response.header("retry-after");
  return response.status == 413 && !pause.empty() && pause != "0";
}

bool may_have_been_done(const Attempt& attempt) {
  if (!attempt.ok()) return !http_client::nothing_was_sent(attempt.status());
  return attempt->status >= 500 && attempt->status != 501 && !turned_away(*attempt);
}

bool worth_repeating(const Attempt& attempt, bool idempotent) {
  if (!attempt.ok()) {
    return absl::IsUnavailable(attempt.status()) &&
           (idempotent || http_client::nothing_was_sent(attempt.status()));
  }
  if (turned_away(*attempt)) return true;
  switch (attempt->status) {
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return idempotent;
    default:
      return false;
  }
}

std::optional<std::chrono::milliseconds> retry_after(const Attempt& attempt) {
  constexpr int kMaxSeconds = 24 * 3600;
  if (!attempt.ok()) return std::nullopt;
  const std::string_view text = attempt->header("retry-after");
  int seconds = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (fault != std::errc() || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, kMaxSeconds));
}

}  // namespace mex::openstack
