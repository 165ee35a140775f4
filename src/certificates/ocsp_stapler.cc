#include "certificates/ocsp_stapler.h"

#include <algorithm>
#include <utility>

#include "base/backoff.h"
#include "base/log.h"
#include "base/status.h"
#include "certificates/ocsp_schedule.h"
#include "http_client/client.h"

namespace mex::certificates {
namespace {

constexpr std::chrono::seconds kFetchTime{10};
// Answers have 500 bytes to 3 KiB; some carry the chain of who signed them.
constexpr std::size_t kMaxAnswer = 64U << 10U;
// For clocks that are set, and in case there is nothing to wait for.
constexpr std::chrono::minutes kLookInterval{1};

}  // namespace

OcspStapler::Fetch OcspStapler::over_http() {
  auto client = std::make_shared<http_client::Client>(http_client::Options{});
  return [client](const std::string& url, const std::string& request,
                  const std::stop_token& stop) -> absl::StatusOr<std::string> {
    const auto answer = client->send(
        {.method = "POST",
         .url = url,
         .headers = {{"Content-Type", "application/ocsp-request"}},
         .body = request,
         .limits = {.deadline = std::chrono::steady_clock::now() + kFetchTime, .stop = stop},
         .max_response_bytes = kMaxAnswer});
    if (!answer.ok()) return answer.status();
    if (answer->status == 200) return answer->body;
    return base::error(absl::StatusCode::kUnavailable, "the responder answers with status {}",
                       answer->status);
  };
}

OcspStapler::OcspStapler(Context context)
    : context_(std::move(context)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void OcspStapler::follow(const tls::CertificateTable& table) {
  std::map<std::string, Asked> asked;
  const auto add = [&](const tls::Certificate& certificate) {
    std::string responder = tls::ocsp_responder(certificate);
    if (responder.empty()) return;
    asked.try_emplace(certificate.fingerprint(),
                      Asked{.certificate = certificate, .responder = std::move(responder)});
  };
  if (table.fallback) add(*table.fallback);
  for (const tls::Certificate& each : table.by_name) add(each);
  const base::MutexLock lock(mutex_);
  for (auto& [fingerprint, next] : asked) {
    const auto known = asked_.find(fingerprint);
    if (known != asked_.end()) next = std::move(known->second);
  }
  asked_ = std::move(asked);
  is_woken_ = true;
  woken_.notify_all();
}

tls::Staples OcspStapler::staples() const {
  const base::WallTime now = context_.clock->wall_now();
  const base::MutexLock lock(mutex_);
  tls::Staples staples;
  for (const auto& [fingerprint, asked] : asked_) {
    if (asked.answer && asked.answer->next_update > now) {
      staples.emplace(fingerprint, std::make_shared<const std::string>(asked.answer->der));
    }
  }
  return staples;
}

std::optional<OcspView> OcspStapler::view(const std::string& fingerprint) const {
  const base::MutexLock lock(mutex_);
  const auto found = asked_.find(fingerprint);
  if (found == asked_.end()) return std::nullopt;
  return OcspView{found->second.responder, found->second.answer, found->second.problem};
}

base::WallTime OcspStapler::ask_due(const std::stop_token& stop) {
  bool has_changed = false;
  base::MutexLock lock(mutex_);
  for (;;) {
    const base::WallTime now = context_.clock->wall_now();
    has_changed = drop_expired(now) || has_changed;
    const auto due = std::find_if(asked_.begin(), asked_.end(),
                                  [now](const auto& each) { return each.second.due <= now; });
    if (due == asked_.end() || stop.stop_requested()) break;
    const std::string fingerprint = due->first;
    const std::string responder = due->second.responder;
    const tls::Certificate certificate = due->second.certificate;
    lock.unlock();
    const auto fetched = context_.fetch(responder, tls::ocsp_request(certificate), stop);
    lock.lock();
    has_changed = take(fingerprint, fetched) || has_changed;
  }
  const base::WallTime next = next_event(context_.clock->wall_now());
  lock.unlock();
  if (has_changed && !stop.stop_requested()) context_.on_change();
  return next;
}

// True if there is another answer to staple.
bool OcspStapler::take(const std::string& fingerprint, const absl::StatusOr<std::string>& fetched) {
  const auto found = asked_.find(fingerprint);
  if (found == asked_.end()) return false;  // replaced meanwhile
  Asked& asked = found->second;
  const base::WallTime now = context_.clock->wall_now();
  absl::StatusOr<tls::OcspAnswer> answer =
      fetched.ok() ? tls::check_ocsp_answer(asked.certificate, *fetched, now) : fetched.status();
  if (!answer.ok()) {
    asked.problem = base::message_of(answer.status());
    asked.due = next_ocsp_attempt(++asked.failures, now, base::random_jitter());
    log::warning("OCSP: no answer that could be stapled",
                 {{"certificate", asked.certificate.subject()},
                  {"responder", asked.responder},
                  {"reason", asked.problem}});
    return false;
  }
  if (answer->status != tls::OcspStatus::Good) {
    log::error(
        "OCSP: clients are told that a certificate is not good",
        {{"certificate", asked.certificate.subject()}, {"status", tls::to_string(answer->status)}});
  }
  asked.failures = 0;
  asked.problem.clear();
  asked.due = next_ocsp_fetch(*answer, now, base::random_jitter());
  const bool is_other = !asked.answer || asked.answer->der != answer->der;
  asked.answer = *std::move(answer);
  return is_other;
}

bool OcspStapler::drop_expired(base::WallTime now) {
  bool has_dropped = false;
  for (auto& [fingerprint, asked] : asked_) {
    if (!asked.answer || asked.answer->next_update > now) continue;
    asked.answer.reset();
    has_dropped = true;
  }
  return has_dropped;
}

base::WallTime OcspStapler::next_event(base::WallTime now) const {
  base::WallTime next = now + kLookInterval;
  for (const auto& [fingerprint, asked] : asked_) {
    next = std::min(next, asked.due);
    if (asked.answer) next = std::min(next, asked.answer->next_update);
  }
  return next;
}

void OcspStapler::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const base::WallTime next = ask_due(stop);
    const auto until = std::chrono::steady_clock::now() + (next - context_.clock->wall_now());
    base::MutexLock lock(mutex_);
    woken_.wait_until(lock, stop, until, [this] {
      mutex_.assert_held();
      return is_woken_;
    });
    is_woken_ = false;
  }
}

}  // namespace mex::certificates
