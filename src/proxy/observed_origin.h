#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/record_words.h"
#include "proxy/route/origin_set.h"

namespace mex::proxy {

enum class OriginCondition : std::uint8_t {
  Healthy,
  Ejected,
  Trial,
  Failing,
  // Of origins that stand for others, which come and go:
  Waiting,      // not known yet
  Stale,        // those known last, for now
  Unavailable,  // there are none
};
constexpr auto words_of(OriginCondition) {
  return base::words<OriginCondition>({{OriginCondition::Healthy, "healthy"},
                                       {OriginCondition::Ejected, "ejected"},
                                       {OriginCondition::Trial, "trial"},
                                       {OriginCondition::Failing, "failing"},
                                       {OriginCondition::Waiting, "waiting"},
                                       {OriginCondition::Stale, "stale"},
                                       {OriginCondition::Unavailable, "unavailable"}});
}

// One origin of a set at one moment, for people. The numbers count from when it joined the set.
struct ObservedOrigin {
  std::string url;
  OriginCondition condition = OriginCondition::Healthy;
  std::string reason;                           // empty while healthy
  std::optional<base::WallTime> ejected_until;  // while ejected
  int requests_under_way = 0;
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;       // no connection, or no sound answer
  std::uint64_t server_errors = 0;  // answers of 500 and above
  std::uint64_t ejections = 0;
  // Of an origin that stands for them: its numbers are theirs.
  std::vector<ObservedOrigin> endpoints{};
};

// In the order of the set. Any thread.
std::vector<ObservedOrigin> observe(const route::OriginSet& set, const base::Clock& clock);

}  // namespace mex::proxy
