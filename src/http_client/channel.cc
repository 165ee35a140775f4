#include "http_client/channel.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stop_token>

#include "base/check.h"
#include "base/clock.h"
#include "http_client/exchange.h"

namespace mex::http_client {
namespace {

// Called before the first handle is made; libcurl's own counting makes it safe beside other users.
void init_curl_once() {
  static const CURLcode result = [] {
    // OpenSSL writes to sockets without MSG_NOSIGNAL, and libcurl's own remedy changes the signal's
    // handling for a moment for all threads.
    signal(SIGPIPE, SIG_IGN);
    return curl_global_init(CURL_GLOBAL_DEFAULT);
  }();
  MEX_CHECK(result == CURLE_OK, "libcurl cannot be initialised");
}

// Keeps `easy` in `multi` for one exchange.
class Attachment {
 public:
  Attachment(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) {
    curl_multi_add_handle(multi_, easy_);
  }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment() { curl_multi_remove_handle(multi_, easy_); }

 private:
  CURLM* multi_;
  CURL* easy_;
};

int poll_milliseconds(base::SteadyTime::duration left) {
  constexpr std::chrono::milliseconds kLongest{60'000};
  return static_cast<int>(
      std::min(std::chrono::ceil<std::chrono::milliseconds>(left), kLongest).count());
}

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

absl::StatusOr<Response> Channel::perform(const Request& request, const Options& options) {
  Exchange exchange(request, options);
  curl_easy_reset(easy_);  // forgets the last exchange's options, keeps the connections
  if (absl::Status status = exchange.configure(easy_); !status.ok()) return status;
  const Attachment attached(multi_, easy_);
  const std::stop_callback wake(request.stop, [this] { curl_multi_wakeup(multi_); });
  for (;;) {
    if (request.stop.stop_requested()) return exchange.cancelled_error();
    const auto left = request.deadline - base::system_clock().steady_now();
    if (left <= base::SteadyTime::duration::zero()) return exchange.deadline_error();
    int running = 0;
    curl_multi_perform(multi_, &running);
    if (const auto code = result_of(multi_)) return exchange.finish(easy_, *code);
    curl_multi_poll(multi_, nullptr, 0, poll_milliseconds(left), nullptr);
  }
}

}  // namespace mex::http_client
