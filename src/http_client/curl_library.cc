#include "http_client/curl_library.h"

#include <curl/curl.h>
#include <signal.h>

#include <algorithm>
#include <chrono>

#include "base/check.h"

namespace mex::http_client {

void init_curl_once() {
  static const CURLcode result = [] {
    // OpenSSL writes to sockets without MSG_NOSIGNAL, and libcurl's own remedy changes the signal's
    // handling for a moment for all threads.
    signal(SIGPIPE, SIG_IGN);
    return curl_global_init(CURL_GLOBAL_DEFAULT);
  }();
  MEX_CHECK(result == CURLE_OK, "libcurl cannot be initialised");
}

int poll_milliseconds(base::SteadyTime::duration left) {
  constexpr std::chrono::milliseconds kMaxPoll{60'000};
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(left);
  return static_cast<int>(std::clamp(rounded, std::chrono::milliseconds(0), kMaxPoll).count());
}

}  // namespace mex::http_client
