#include "certificates/acme_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_text.h"
#include "base/log.h"
#include "base/status.h"
#include "certificates/lego_workplace.h"
#include "events/subject_kinds.h"

namespace mex::certificates {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// The clock may be set, and files may be changed by others: both are seen within this time.
constexpr minutes kRound{1};
// After a success, for what was put into the files to be taken.
constexpr minutes kFreshTime{1};
// What an authority asks for is longer than any pause of ours, but not longer than this. What lies
// further ahead was written under a wrong clock.
constexpr hours kMaxWait{8 * 24};
constexpr hours kRateLimitPause{1};

events::Subject default_one() { return {.kind = events::kCertificate, .name = kDefaultName}; }

metrics::Counter order_counter(std::string_view result) {
  return metrics::counter("mex_acme_orders_total", "Certificates ordered, by result.",
                          {{"result", result}});
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, " "));
}

}  // namespace

AcmeClient::AcmeClient(Context context)
    : context_(std::move(context)),
      order_(context_.options, *context_.solver, *context_.clock, context_.environment,
             context_.events, context_.order_deadline),
      successes_(order_counter("success")),
      failures_(order_counter("failure")) {}

absl::StatusOr<std::unique_ptr<AcmeClient>> AcmeClient::create(Context context) {
  std::unique_ptr<AcmeClient> client(new AcmeClient(std::move(context)));
  MEX_RETURN_IF_ERROR(client->read_record());
  client->adopt_order();
  client->context_.certificates.set_issuer(client.get());
  client->thread_ =
      std::jthread([self = client.get()](const std::stop_token& stop) { self->run(stop); });
  return client;
}

AcmeClient::~AcmeClient() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  context_.certificates.set_issuer(nullptr);
}

void AcmeClient::finish_installation(const AcmeOptions& options, const base::Clock& clock) {
  // Of an order whose agent was killed.
  const LegoWorkplace workplace(options);
  if (const absl::Status kept = workplace.collect(); !kept.ok()) {
    log::warning("what lego has left behind cannot be read", {{"reason", kept}});
  }
  workplace.remove();
  PairFiles there(options.directory + "/cert.pem", options.directory + "/key.pem");
  there.look(clock.wall_now());
  const auto ordered = read_ordered_pair(options, clock.wall_now());
  if (there.problem().ok() || !ordered.ok()) return;
  const absl::Status installed = install(*ordered, options);
  if (!installed.ok()) {
    log::error("a certificate was ordered and cannot be put in place", {{"reason", installed}});
  }
}

absl::Status AcmeClient::read_record() {
  const base::MutexLock lock(mutex_);
  record_.server = context_.options.server;
  record_.names = context_.options.names;
  const auto entry = context_.store->get(kAcmeRecordKey);
  if (entry.status().code() == absl::StatusCode::kNotFound) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(entry.status());
  auto stored = acme_record_from_json(entry->value);
  if (!stored.ok()) {
    // What was ordered before is not known, nor will the next process know of this one's orders:
    // the authority is left alone for as long as after a failure.
    context_.store->set_aside(kAcmeRecordKey, stored.status());
    record_.next_attempt = context_.clock->wall_now() + pause_after(1);
    return absl::OkStatus();
  }
  const bool is_same = stored->server == record_.server && stored->names == record_.names;
  if (is_same) {
    record_ = *std::move(stored);
    if (record_.is_ordering) {
      context_.events.normal(default_one(), "OrderInterrupted",
                             "the agent ended while an order was under way; it is made again");
    }
    record_.is_ordering = false;  // that process has ended; if it is still due, it is made again
  } else if (stored->server == record_.server) {
    // The authority counts attempts whatever they are for.
    record_.history.attempts = std::move(stored->history.attempts);
  }
  return absl::OkStatus();
}

// Completes the record if the served certificate was ordered here without being recorded: the
// process ended too early, or the clock was so wrong that the certificate was refused at first.
void AcmeClient::adopt_order() {
  const base::MutexLock lock(mutex_);
  const base::WallTime now = context_.clock->wall_now();
  const auto ordered = read_ordered_pair(context_.options, now);
  if (!ordered.ok() || is_of_another_authority(ordered->certificate, context_.options, now)) return;
  const std::string fingerprint = ordered->certificate.fingerprint();
  const bool is_served = context_.certificates.default_certificate().fingerprint() == fingerprint;
  if (!is_served || record_.fingerprint == fingerprint) return;
  record_.fingerprint = fingerprint;
  record_.failures = 0;
  record_.problem.clear();
  record_.next_attempt.reset();
  record_.last_success = now;
  record_.history.successes.push_back(now);
  save(record_);
}

void AcmeClient::save(const AcmeRecord& record) {
  if (context_.store->is_set_aside(kAcmeRecordKey)) return;
  store::Transaction transaction;
  transaction.put(std::string(kAcmeRecordKey), to_json(record));
  if (const auto stored = context_.store->commit(transaction); !stored.ok()) {
    log::error("the state of orders was not stored", {{"reason", stored.status()}});
  }
}

// What the certificate that is served calls for, whatever the authority allows.
base::WallTime AcmeClient::due(const AcmeRecord& record, base::WallTime now) const {
  const tls::Certificate current = context_.certificates.default_certificate();
  const bool is_fresh =
      record.last_success && now >= *record.last_success && now - *record.last_success < kFreshTime;
  if (is_fresh) return *record.last_success + kFreshTime;
  const bool is_self_signed = current.subject() == current.issuer();
  if (is_self_signed || !is_for(current, context_.options.names)) return now;
  // E.g. of the staging authority, after a trial.
  if (is_of_another_authority(current, context_.options, now)) return now;
  return renewal_time(current.not_before(), current.not_after(), current.fingerprint());
}

base::WallTime AcmeClient::next_order_locked(base::WallTime now) const {
  const base::WallTime allowed = allowed_at(record_.history, now).value_or(now);
  if (is_requested_) return allowed;
  base::WallTime next = std::max(due(record_, now), allowed);
  const bool is_plausible = record_.next_attempt && *record_.next_attempt - now < kMaxWait;
  if (is_plausible) next = std::max(next, *record_.next_attempt);
  return next;
}

base::WallTime AcmeClient::next_order() const {
  const base::MutexLock lock(mutex_);
  return next_order_locked(context_.clock->wall_now());
}

RenewalView AcmeClient::renewal() const {
  const base::MutexLock lock(mutex_);
  RenewalView view;
  view.server = context_.options.server;
  view.challenge = to_string(context_.options.challenge);
  view.names = context_.options.names;
  view.last_attempt = record_.last_attempt;
  view.last_success = record_.last_success;
  view.failures = record_.failures;
  view.problem = record_.problem;
  view.state = record_.failures > 0 ? RenewalState::BackingOff : RenewalState::Waiting;
  if (record_.is_ordering) view.state = RenewalState::Ordering;
  if (!record_.is_ordering) view.next_attempt = next_order_locked(context_.clock->wall_now());
  return view;
}

bool AcmeClient::has_ordered(const std::string& fingerprint) const {
  const base::MutexLock lock(mutex_);
  return !record_.fingerprint.empty() && record_.fingerprint == fingerprint;
}

absl::Status AcmeClient::order_now() {
  const base::MutexLock lock(mutex_);
  if (record_.is_ordering) return absl::OkStatus();
  if (const auto later = allowed_at(record_.history, context_.clock->wall_now())) {
    return base::error(absl::StatusCode::kResourceExhausted,
                       "so many certificates were ordered lately that the authority would refuse; "
                       "the next order may be made at {}",
                       base::format_rfc3339(*later));
  }
  is_requested_ = true;
  // Visible at once to the next caller of renewal().
  record_.is_ordering = true;
  wake_.notify_all();
  return absl::OkStatus();
}

void AcmeClient::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      base::MutexLock lock(mutex_);
      const base::WallTime now = context_.clock->wall_now();
      const auto left = next_order_locked(now) - now;
      if (left > std::chrono::milliseconds(0)) {
        const auto pause = std::min<std::chrono::milliseconds>(left, kRound);
        wake_.wait_until(lock, stop, std::chrono::steady_clock::now() + pause, [this] {
          mutex_.assert_held();
          return is_requested_;
        });
        continue;
      }
    }
    order(stop);
  }
}

void AcmeClient::order(const std::stop_token& stop) {
  AcmeRecord begun;
  {
    const base::MutexLock lock(mutex_);
    const base::WallTime now = context_.clock->wall_now();
    is_requested_ = false;
    record_.is_ordering = true;
    record_.last_attempt = now;
    drop_expired(record_.history, now);
    record_.history.attempts.push_back(now);
    begun = record_;
  }
  // Stored before the order goes out, so that it counts whatever becomes of this process.
  save(begun);
  log::info("certificate ordered",
            {{"names", joined(context_.options.names)}, {"server", context_.options.server}});
  context_.events.normal(
      default_one(), "Ordered",
      fmt::format("for {} at {}", joined(context_.options.names), context_.options.server));
  const AcmeOrder::Outcome outcome = order_.run(stop);
  if (const auto* pair = std::get_if<OrderedPair>(&outcome)) {
    const absl::Status installed = install(*pair, context_.options);
    if (installed.ok()) return note_success(*pair);
    LegoFailure failure;
    failure.reason = base::message_of(installed);
    return note_failure(failure);
  }
  if (const auto* failure = std::get_if<LegoFailure>(&outcome)) note_failure(*failure);
}

// What came of an order is shown when it is stored and recorded: who has seen it finds it again
// after a crash.
void AcmeClient::note_success(const OrderedPair& pair) {
  const base::WallTime now = context_.clock->wall_now();
  AcmeRecord after = record();
  after.is_ordering = false;
  after.failures = 0;
  after.problem.clear();
  after.next_attempt.reset();
  after.last_success = now;
  after.fingerprint = pair.certificate.fingerprint();
  after.history.successes.push_back(now);
  save(after);
  successes_.add();
  log::info("certificate issued", {{"names", joined(pair.certificate.names())},
                                   {"issuer", pair.certificate.issuer()},
                                   {"until", base::format_rfc3339(pair.certificate.not_after())}});
  context_.events.normal(default_one(), "Issued",
                         fmt::format("serial {} for {} by {}, until {}", pair.certificate.serial(),
                                     joined(pair.certificate.names()), pair.certificate.issuer(),
                                     base::format_rfc3339(pair.certificate.not_after())));
  show(std::move(after));
}

void AcmeClient::note_failure(const LegoFailure& failure) {
  const base::WallTime now = context_.clock->wall_now();
  AcmeRecord after = record();
  after.is_ordering = false;
  ++after.failures;
  after.problem = failure.reason;
  std::chrono::milliseconds pause = pause_after(after.failures);
  if (failure.is_rate_limited) pause = std::max<std::chrono::milliseconds>(pause, kRateLimitPause);
  after.next_attempt = std::max(now + pause, failure.not_before.value_or(now));
  save(after);
  failures_.add();
  log::warning("certificate not issued; what is served goes on",
               {{"reason", failure.reason},
                {"failures", after.failures},
                {"next_attempt", base::format_rfc3339(*after.next_attempt)}});
  context_.events.warning(default_one(), failure.is_rate_limited ? "RateLimited" : "OrderFailed",
                          fmt::format("what is served goes on: {}", failure.reason));
  show(std::move(after));
}

AcmeRecord AcmeClient::record() const {
  const base::MutexLock lock(mutex_);
  return record_;
}

void AcmeClient::show(AcmeRecord after) {
  const base::MutexLock lock(mutex_);
  record_ = std::move(after);
}

}  // namespace mex::certificates
