#include "http_client/curl_library.h"

#include <curl/curl.h>
#include <signal.h>

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

}  // namespace mex::http_client
