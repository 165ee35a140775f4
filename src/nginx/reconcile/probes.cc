#include "nginx/reconcile/probes.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "http_client/curl_library.h"

namespace mex::nginx {
namespace {

// The answer's head is all that counts.
std::size_t refuse_body(char*, std::size_t, std::size_t, void*) { return 0; }

long milliseconds(std::chrono::seconds time) {
  return static_cast<long>(std::chrono::milliseconds(time).count());
}

}  // namespace

std::string ProbeTarget::text() const { return Origin{.host = address, .port = port}.text(); }

struct Probes::Attempt {
  ProbeTarget target;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
};

class Probes::Engine {
 public:
  Engine() {
    http_client::init_curl_once();
    multi_ = curl_multi_init();
    MEX_CHECK(multi_ != nullptr, "libcurl has no memory for a handle");
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() {
    while (!attempts_.empty()) drop(attempts_.begin());
    curl_multi_cleanup(multi_);
  }

  bool start(const ProbeTarget& target);
  std::vector<ProbeResult> wait(std::chrono::milliseconds pause);
  void wake() { curl_multi_wakeup(multi_); }

 private:
  using Attempts = std::vector<Attempt>;

  static void configure(Attempt& attempt);
  static std::string problem_of(const Attempt& attempt, CURLcode code);
  std::vector<ProbeResult> take_finished();
  void drop(Attempts::iterator attempt);

  CURLM* multi_ = nullptr;
  Attempts attempts_;
};

void Probes::Engine::configure(Attempt& attempt) {
  const ProbeTarget& target = attempt.target;
  const HealthCheck& check = target.check;
  CURL* const easy = attempt.easy;
  const std::string url = fmt::format("http://{}{}", target.text(), check.path);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(check.timeout));
  if (check.path.empty()) {
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    return;
  }
  if (target.send_proxy_protocol) curl_easy_setopt(easy, CURLOPT_HAPROXYPROTOCOL, 1L);
  attempt.headers = curl_slist_append(nullptr, fmt::format("Host: {}", target.host).c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, attempt.headers);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "mexosagent-health-check");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, refuse_body);
}

bool Probes::Engine::start(const ProbeTarget& target) {
  const bool is_under_way =
      std::any_of(attempts_.begin(), attempts_.end(),
                  [&](const Attempt& attempt) { return attempt.target == target; });
  if (is_under_way || attempts_.size() >= kMaxAtOnce) return false;
  Attempt& attempt = attempts_.emplace_back();
  attempt.target = target;
  attempt.easy = curl_easy_init();
  MEX_CHECK(attempt.easy != nullptr, "libcurl has no memory for a handle");
  configure(attempt);
  curl_multi_add_handle(multi_, attempt.easy);
  return true;
}

std::string Probes::Engine::problem_of(const Attempt& attempt, CURLcode code) {
  const HealthCheck& check = attempt.target.check;
  long status = 0;
  curl_easy_getinfo(attempt.easy, CURLINFO_RESPONSE_CODE, &status);
  // A refused body ends the exchange as an error of writing.
  const bool has_answer = code == CURLE_OK || (code == CURLE_WRITE_ERROR && status != 0);
  if (!has_answer) return curl_easy_strerror(code);
  if (check.path.empty()) return "";
  const bool is_expected =
      check.status == 0 ? status >= 200 && status < 400 : status == check.status;
  return is_expected ? "" : fmt::format("answered {}", status);
}

std::vector<ProbeResult> Probes::Engine::take_finished() {
  std::vector<ProbeResult> results;
  int queued = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &queued)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto attempt = std::find_if(attempts_.begin(), attempts_.end(), [&](const Attempt& each) {
      return each.easy == message->easy_handle;
    });
    results.push_back({attempt->target, problem_of(*attempt, message->data.result)});
    drop(attempt);
  }
  return results;
}

std::vector<ProbeResult> Probes::Engine::wait(std::chrono::milliseconds pause) {
  int running = 0;
  curl_multi_perform(multi_, &running);
  std::vector<ProbeResult> results = take_finished();
  if (!results.empty()) return results;
  curl_multi_poll(multi_, nullptr, 0, static_cast<int>(pause.count()), nullptr);
  curl_multi_perform(multi_, &running);
  return take_finished();
}

void Probes::Engine::drop(Attempts::iterator attempt) {
  curl_multi_remove_handle(multi_, attempt->easy);
  curl_easy_cleanup(attempt->easy);
  curl_slist_free_all(attempt->headers);
  attempts_.erase(attempt);
}

Probes::Probes() : engine_(std::make_unique<Engine>()) {}
Probes::~Probes() = default;

bool Probes::start(const ProbeTarget& target) { return engine_->start(target); }

std::vector<ProbeResult> Probes::wait(std::chrono::milliseconds pause) {
  return engine_->wait(pause);
}

void Probes::wake() { engine_->wake(); }

}  // namespace mex::nginx
