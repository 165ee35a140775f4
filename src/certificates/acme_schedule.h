#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"

// When certificates are ordered. Pure.
namespace mex::certificates {

// When a certificate is due to be replaced: when two thirds of its life are over, or up to a
// thirtieth of its life before that. How much before follows from `fingerprint`, so it is another
// moment for each certificate, and the same one after a restart.
base::WallTime renewal_time(base::WallTime not_before, base::WallTime not_after,
                            std::string_view fingerprint);

// How long to leave an authority alone after so many failures in a row (at least 1): a minute at
// first, half a day at last. Let's Encrypt, the strictest, allows five failures an hour.
std::chrono::milliseconds pause_after(int failures);
inline constexpr std::chrono::hours kMaxPause{12};

// The orders so far, oldest first; kept by the caller.
struct OrderHistory {
  std::vector<base::WallTime> attempts;   // whatever became of them
  std::vector<base::WallTime> successes;  // certificates of these very names
};

// When the next order is within what authorities allow: five attempts an hour, four certificates of
// the same names in seven days (Let's Encrypt: five). Nothing: now. Times that lie ahead of `now`
// were written under a wrong clock and do not count.
std::optional<base::WallTime> allowed_at(const OrderHistory& history, base::WallTime now);

// Removes what does not count any more.
void drop_expired(OrderHistory& history, base::WallTime now);

}  // namespace mex::certificates
