#include "http_client/async_client.h"

#include <fmt/format.h>

#include <optional>
#include <stop_token>

#include "base/check.h"
#include "http_client/curl_library.h"
#include "http_client/exchange.h"

namespace mex::http_client {
namespace {

CURLM* make_multi(std::size_t idle_connections) {
  init_curl_once();
  CURLM* const multi = curl_multi_init();
  MEX_CHECK(multi != nullptr, "libcurl has no memory for a handle");
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(idle_connections));
  return multi;
}

}  // namespace

// One request under way, with what curl refers to meanwhile.
class AsyncClient::Transfer {
 public:
  // `on_bytes` may be null.
  Transfer(Request request, std::shared_ptr<const Options> options, OnBytes on_bytes, Done done)
      : request_(std::move(request)),
        options_(std::move(options)),
        on_bytes_(std::move(on_bytes)),
        done_(std::move(done)),
        exchange_(request_, *options_),
        easy_(curl_easy_init()) {
    MEX_CHECK(easy_ != nullptr, "libcurl has no memory for a handle");
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() { curl_easy_cleanup(easy_); }

  CURL* easy() const { return easy_; }
  Exchange& exchange() { return exchange_; }
  base::SteadyTime deadline() const { return request_.limits.deadline; }
  bool is_cancelled() const { return request_.limits.stop.stop_requested(); }
  void when_cancelled(std::function<void()> call) {
    on_stop_.emplace(request_.limits.stop, std::move(call));
  }
  void answer(absl::StatusOr<Response> answer) const { done_(std::move(answer)); }
  void hand_over_bytes() {
    const Response& head = exchange_.response();
    if (!on_bytes_ || !exchange_.has_head() || head.status != 200 || head.body.empty()) return;
    if (!is_cancelled()) on_bytes_(exchange_.take_body());
  }

 private:
  const Request request_;
  const std::shared_ptr<const Options> options_;
  const OnBytes on_bytes_;
  const Done done_;
  Exchange exchange_;
  CURL* const easy_;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

AsyncClient::AsyncClient(const Capacity& capacity)
    : capacity_(capacity),
      multi_(make_multi(capacity.idle_connections)),
      thread_([this] { run(); }) {}

AsyncClient::~AsyncClient() {
  stop();
  curl_multi_cleanup(multi_);
}

void AsyncClient::send(Request request, std::shared_ptr<const Options> options, Done done) {
  send(std::move(request), std::move(options), nullptr, std::move(done));
}

void AsyncClient::send(Request request, std::shared_ptr<const Options> options, OnBytes on_bytes,
                       Done done) {
  auto transfer = std::make_unique<Transfer>(std::move(request), std::move(options),
                                             std::move(on_bytes), std::move(done));
  {
    const base::MutexLock lock(mutex_);
    if (is_stopping_) return;
    arrivals_.push_back(std::move(transfer));
  }
  curl_multi_wakeup(multi_);
}

void AsyncClient::stop() {
  {
    const base::MutexLock lock(mutex_);
    is_stopping_ = true;
  }
  curl_multi_wakeup(multi_);
  if (thread_.joinable()) thread_.join();
  std::vector<std::unique_ptr<Transfer>> dropped;
  const base::MutexLock lock(mutex_);
  dropped.swap(arrivals_);
}

void AsyncClient::run() {
  while (take_arrivals()) {
    int running = 0;
    curl_multi_perform(multi_, &running);
    hand_over_bytes();
    finish_completed();
    bound_memory();
    end_overdue();
    end_cancelled();
    curl_multi_poll(multi_, nullptr, 0, poll_milliseconds(time_to_next_deadline()), nullptr);
  }
  for (const auto& [easy, transfer] : transfers_) curl_multi_remove_handle(multi_, easy);
  transfers_.clear();
  under_way_ = 0;
}

bool AsyncClient::take_arrivals() {
  std::vector<std::unique_ptr<Transfer>> arrivals;
  bool is_stopping = false;
  {
    const base::MutexLock lock(mutex_);
    arrivals.swap(arrivals_);
    is_stopping = is_stopping_;
  }
  if (is_stopping) return false;
  for (auto& transfer : arrivals) begin(std::move(transfer));
  return true;
}

absl::Status AsyncClient::prepare(Transfer& transfer) const {
  Exchange& exchange = transfer.exchange();
  if (transfer.is_cancelled()) return exchange.cancelled_error();
  if (transfer.deadline() <= base::system_clock().steady_now()) return exchange.deadline_error();
  if (transfers_.size() >= capacity_.transfers) {
    return exchange.refused_error(
        fmt::format("{} requests are under way already", transfers_.size()));
  }
  return exchange.configure(transfer.easy());
}

void AsyncClient::begin(std::unique_ptr<Transfer> transfer) {
  const absl::Status status = prepare(*transfer);
  if (!status.ok()) return transfer->answer(status);
  CURL* const easy = transfer->easy();
  curl_multi_add_handle(multi_, easy);
  deadlines_.emplace(transfer->deadline(), easy);
  transfer->when_cancelled([this] {
    is_any_cancelled_ = true;
    curl_multi_wakeup(multi_);
  });
  transfers_.emplace(easy, std::move(transfer));
  under_way_ = transfers_.size();
}

void AsyncClient::hand_over_bytes() {
  for (const auto& [easy, transfer] : transfers_) transfer->hand_over_bytes();
}

void AsyncClient::finish_completed() {
  int queued = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &queued)) {
    if (message->msg != CURLMSG_DONE) continue;
    // The message is gone when its handle is removed.
    CURL* const easy = message->easy_handle;
    Exchange& exchange = transfers_.at(easy)->exchange();
    exchange.set_result(message->data.result);
    absl::StatusOr<Response> answer = exchange.finish(easy);
    end(easy, std::move(answer));
  }
}

void AsyncClient::bound_memory() {
  std::size_t total = 0;
  std::size_t most = 0;
  CURL* largest = nullptr;
  for (const auto& [easy, transfer] : transfers_) {
    const std::size_t bytes = transfer->exchange().buffered_bytes();
    total += bytes;
    if (bytes <= most) continue;
    most = bytes;
    largest = easy;
  }
  if (total <= capacity_.buffered_bytes) return;
  end(largest, transfers_.at(largest)->exchange().refused_error(fmt::format(
                   "given up after {} bytes, because all answers together take more than {}", most,
                   capacity_.buffered_bytes)));
}

void AsyncClient::end_overdue() {
  const base::SteadyTime now = base::system_clock().steady_now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    CURL* const easy = deadlines_.begin()->second;
    end(easy, transfers_.at(easy)->exchange().deadline_error());
  }
}

void AsyncClient::end_cancelled() {
  if (!is_any_cancelled_.exchange(false)) return;
  std::vector<CURL*> cancelled;
  for (const auto& [easy, transfer] : transfers_) {
    if (transfer->is_cancelled()) cancelled.push_back(easy);
  }
  for (CURL* const easy : cancelled) {
    end(easy, transfers_.at(easy)->exchange().cancelled_error());
  }
}

void AsyncClient::end(CURL* easy, absl::StatusOr<Response> answer) {
  const auto found = transfers_.find(easy);
  const std::unique_ptr<Transfer> transfer = std::move(found->second);
  transfers_.erase(found);
  under_way_ = transfers_.size();
  deadlines_.erase({transfer->deadline(), easy});
  curl_multi_remove_handle(multi_, easy);
  transfer->answer(std::move(answer));
}

base::SteadyTime::duration AsyncClient::time_to_next_deadline() const {
  if (deadlines_.empty()) return base::SteadyTime::duration::max();
  return deadlines_.begin()->first - base::system_clock().steady_now();
}

}  // namespace mex::http_client
