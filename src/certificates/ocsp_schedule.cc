#include "certificates/ocsp_schedule.h"

#include <algorithm>

#include "base/backoff.h"

namespace mex::certificates {
namespace {

using std::chrono::milliseconds;

// Also where an answer is good for less than that: no authority is asked in a loop.
constexpr std::chrono::minutes kMinInterval{1};
constexpr std::chrono::hours kMaxBackoff{1};

milliseconds share(milliseconds time, double part) {
  return milliseconds(static_cast<milliseconds::rep>(static_cast<double>(time.count()) * part));
}

}  // namespace

base::WallTime next_ocsp_fetch(const tls::OcspAnswer& answer, base::WallTime now, double chance) {
  constexpr double kHalf = 0.5;
  constexpr double kEarlier = 0.1;
  const milliseconds left = answer.next_update - now;
  return now + std::max<milliseconds>(share(left, kHalf - kEarlier * chance), kMinInterval);
}

base::WallTime next_ocsp_attempt(int failures, base::WallTime now, double chance) {
  constexpr double kSpread = 0.5;
  return now + base::pause_after(failures, {kMinInterval, kMaxBackoff, kSpread}, chance);
}

}  // namespace mex::certificates
