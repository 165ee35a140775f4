#include "http_client/channel.h"

#include <optional>
#include <stop_token>

#include "base/check.h"
#include "base/clock.h"
#include "http_client/curl_library.h"

namespace mex::http_client {
namespace {

std::optional<CURLcode> result_of(CURLM* multi) {
  int queued = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &queued)) {
    if (message->msg == CURLMSG_DONE) return message->data.result;
  }
  return std::nullopt;
}

}  // namespace

Channel::Channel() {
  init_curl_once();
  multi_ = curl_multi_init();
  easy_ = curl_easy_init();
  MEX_CHECK(multi_ != nullptr && easy_ != nullptr, "libcurl has no memory for a handle");
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 2L);
}

Channel::~Channel() {
  curl_easy_cleanup(easy_);
  curl_multi_cleanup(multi_);
}

absl::Status Channel::start(Exchange& exchange) {
  curl_easy_reset(easy_);  // forgets the last exchange's options, keeps the connections
  absl::Status status = exchange.configure(easy_);
  if (status.ok()) curl_multi_add_handle(multi_, easy_);
  return status;
}

void Channel::end() { curl_multi_remove_handle(multi_, easy_); }

absl::StatusOr<bool> Channel::advance(Exchange& exchange, const base::CallLimits& limits,
                                      const std::function<bool()>& enough) {
  const std::stop_callback wake(limits.stop, [this] { curl_multi_wakeup(multi_); });
  while (!enough()) {
    if (limits.stop.stop_requested()) return exchange.cancelled_error();
    const auto left = limits.deadline - base::system_clock().steady_now();
    if (left <= base::SteadyTime::duration::zero()) return exchange.deadline_error();
    int running = 0;
    curl_multi_perform(multi_, &running);
    if (const auto code = result_of(multi_)) {
      exchange.set_result(*code);
      return true;
    }
    if (!enough()) curl_multi_poll(multi_, nullptr, 0, poll_milliseconds(left), nullptr);
  }
  return false;
}

absl::StatusOr<Response> Channel::perform(const Request& request, const Options& options) {
  Exchange exchange(request, options);
  if (absl::Status status = start(exchange); !status.ok()) return status;
  const absl::StatusOr<bool> over = advance(exchange, request.limits, [] { return false; });
  absl::StatusOr<Response> response =
      over.ok() ? exchange.finish(easy_) : absl::StatusOr<Response>(over.status());
  end();
  return response;
}

}  // namespace mex::http_client
