#include "proxy/balance/origin_state.h"

#include <algorithm>

namespace mex::proxy::balance {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr int kMaxPenalty = 20;

base::SteadyTime::duration ejection_time(int penalty, const EjectionOptions& options) {
  const auto doubled = options.base_time * (std::int64_t{1} << (std::max(penalty, 1) - 1));
  return std::min<base::SteadyTime::duration>(doubled, options.max_time);
}

// Most answers change nothing: no store, so that shards do not take the line from each other.
void clear(std::atomic<int>& number) {
  if (number.load(kRelaxed) != 0) number.store(0, kRelaxed);
}

}  // namespace

Availability OriginState::availability(base::SteadyTime now) const {
  if (check_.load(kRelaxed) == CheckResult::Failed) return Availability::Failing;
  switch (phase_.load(std::memory_order_acquire)) {
    case Phase::Closed:
      return Availability::Healthy;
    case Phase::HalfOpen:
      return Availability::Trial;
    case Phase::Open:
      break;
  }
  return now >= ejected_until() ? Availability::TrialDue : Availability::Ejected;
}

bool OriginState::begin_request(int max) {
  const int before = in_flight_.fetch_add(1, kRelaxed);
  if (max > 0 && before >= max) {
    end_request();
    return false;
  }
  requests_.fetch_add(1, kRelaxed);
  return true;
}

bool OriginState::claim_trial(base::SteadyTime now) {
  if (now < ejected_until()) return false;
  Phase expected = Phase::Open;
  return phase_.compare_exchange_strong(expected, Phase::HalfOpen, std::memory_order_acq_rel);
}

bool OriginState::report(Outcome outcome, std::uint8_t fault, bool is_trial, base::SteadyTime now,
                         const EjectionOptions& options) {
  if (outcome == Outcome::Failure) {
    failures_.fetch_add(1, kRelaxed);
    last_fault_.store(fault, kRelaxed);
  }
  if (outcome == Outcome::ServerError) {
    server_errors_.fetch_add(1, kRelaxed);
    last_fault_.store(0, kRelaxed);
  }

  const Phase phase = phase_.load(std::memory_order_acquire);
  if (phase != Phase::Closed && !is_trial) return false;  // it was sent before the ejection
  switch (outcome) {
    case Outcome::Success:
      clear(failures_in_a_row_);
      clear(server_errors_in_a_row_);
      if (phase != Phase::Closed) recover(now);
      return false;
    case Outcome::ServerError: {
      clear(failures_in_a_row_);
      if (options.consecutive_5xx == 0) {
        if (phase != Phase::Closed) recover(now);
        return false;
      }
      const int in_a_row = server_errors_in_a_row_.fetch_add(1, kRelaxed) + 1;
      return is_trial || in_a_row >= options.consecutive_5xx;
    }
    case Outcome::Failure: {
      const int in_a_row = failures_in_a_row_.fetch_add(1, kRelaxed) + 1;
      return is_trial ||
             (options.consecutive_failures > 0 && in_a_row >= options.consecutive_failures);
    }
    case Outcome::Unknown:
      break;
  }
  // A trial that has shown nothing: the next request is another one.
  if (phase == Phase::HalfOpen && is_trial) phase_.store(Phase::Open, std::memory_order_release);
  return false;
}

void OriginState::eject(base::SteadyTime now, const EjectionOptions& options) {
  const Phase phase = phase_.load(std::memory_order_acquire);
  if (phase == Phase::Open) return;
  int penalty = penalty_.load(kRelaxed);
  const bool was_well =
      phase == Phase::Closed && now - available_since() > 2 * ejection_time(penalty, options);
  penalty = was_well ? 1 : std::min(penalty + 1, kMaxPenalty);
  penalty_.store(penalty, kRelaxed);
  ejected_until_.store(ticks(now + ejection_time(penalty, options)), kRelaxed);
  failures_in_a_row_.store(0, kRelaxed);
  server_errors_in_a_row_.store(0, kRelaxed);
  ejections_.fetch_add(1, kRelaxed);
  phase_.store(Phase::Open, std::memory_order_release);
}

void OriginState::recover(base::SteadyTime now) {
  available_since_.store(ticks(now), kRelaxed);
  phase_.store(Phase::Closed, std::memory_order_release);
}

void OriginState::set_check(CheckResult result, std::uint8_t fault, int status,
                            base::SteadyTime now) {
  check_fault_.store(fault, kRelaxed);
  check_status_.store(static_cast<std::int16_t>(status), kRelaxed);
  const CheckResult before = check_.exchange(result, kRelaxed);
  // Checks that pass again say more than requests that failed before.
  if (before == CheckResult::Failed && result == CheckResult::Passed) recover(now);
}

}  // namespace mex::proxy::balance
