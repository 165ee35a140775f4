#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "proxy/balance/options.h"

namespace mex::proxy::balance {

// How a request to an origin has ended.
enum class Outcome : std::uint8_t {
  Success,      // a sound answer below 500
  ServerError,  // one of 500 and above
  Failure,      // no connection, or no sound answer
  Unknown,      // the client left, or the answer says nothing of the origin
};

// Whether an origin may get a request now.
enum class Availability : std::uint8_t {
  Healthy,
  TrialDue,  // its ejection is over: the next request shows whether it works again
  Trial,     // that request is under way
  Ejected,
  Failing,  // its health checks fail
};

enum class CheckResult : std::uint8_t { None, Passed, Failed };

// The health of one origin and what is under way there, for all shards and all versions of a set
// that it stays in. Every shard reports and asks; nothing waits. An ejection is a circuit breaker:
// closed (healthy), open (ejected), half open (trial). Sees no clock.
class alignas(64) OriginState {
 public:
  // `available_since`: its slow start counts from then.
  explicit OriginState(base::SteadyTime available_since)
      : available_since_(ticks(available_since)) {}
  OriginState(const OriginState&) = delete;
  OriginState& operator=(const OriginState&) = delete;

  Availability availability(base::SteadyTime now) const;
  base::SteadyTime available_since() const { return time(available_since_); }
  base::SteadyTime ejected_until() const { return time(ejected_until_); }

  // False, and nothing counted, if `max` requests are under way (0: no limit).
  bool begin_request(int max);
  void end_request() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }
  // It has not been sent after all.
  void take_back_request() {
    requests_.fetch_sub(1, std::memory_order_relaxed);
    end_request();
  }
  int in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

  // Makes the next request the trial. One caller gets true; the trial ends with report().
  bool claim_trial(base::SteadyTime now);

  // What a request has shown, and of a failure what it was (a code of the caller's above 0). True
  // if it was one too many: the caller decides whether the origin is ejected.
  bool report(Outcome outcome, std::uint8_t fault, bool is_trial, base::SteadyTime now,
              const EjectionOptions& options);
  // No requests for a time that doubles with every ejection, until it has been well for a while.
  void eject(base::SteadyTime now, const EjectionOptions& options);

  // What health checks have decided; `fault` and `status` say why.
  void set_check(CheckResult result, std::uint8_t fault, int status, base::SteadyTime now);

  // What was seen, for people.
  CheckResult check_result() const { return check_.load(std::memory_order_relaxed); }
  std::uint8_t check_fault() const { return check_fault_.load(std::memory_order_relaxed); }
  int check_status() const { return check_status_.load(std::memory_order_relaxed); }
  // Of the last failure; 0 if the last trouble was a server error.
  std::uint8_t last_fault() const { return last_fault_.load(std::memory_order_relaxed); }
  std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  std::uint64_t server_errors() const { return server_errors_.load(std::memory_order_relaxed); }
  std::uint64_t ejections() const { return ejections_.load(std::memory_order_relaxed); }

 private:
  enum class Phase : std::uint8_t { Closed, Open, HalfOpen };
  using Ticks = std::atomic<base::SteadyTime::rep>;

  static base::SteadyTime::rep ticks(base::SteadyTime time) {
    return time.time_since_epoch().count();
  }
  static base::SteadyTime time(const Ticks& ticks) {
    return base::SteadyTime(base::SteadyTime::duration(ticks.load(std::memory_order_relaxed)));
  }
  void recover(base::SteadyTime now);

  std::atomic<int> in_flight_{0};
  std::atomic<Phase> phase_{Phase::Closed};
  std::atomic<CheckResult> check_{CheckResult::None};
  std::atomic<std::uint8_t> check_fault_{0};
  std::atomic<std::uint8_t> last_fault_{0};
  std::atomic<std::int16_t> check_status_{0};
  std::atomic<int> failures_in_a_row_{0};
  std::atomic<int> server_errors_in_a_row_{0};
  std::atomic<int> penalty_{0};  // ejections that count for how long the next one is
  Ticks ejected_until_{0};
  Ticks available_since_;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> server_errors_{0};
  std::atomic<std::uint64_t> ejections_{0};
};

}  // namespace mex::proxy::balance
