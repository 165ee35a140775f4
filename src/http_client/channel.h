#pragma once

#include <curl/curl.h>

#include <functional>

#include "absl/status/statusor.h"
#include "http_client/client.h"
#include "http_client/exchange.h"

namespace mex::http_client {

// One curl handle with its kept connections: makes one exchange at a time, on any thread.
class Channel {
 public:
  Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  absl::StatusOr<Response> perform(const Request& request, const Options& options);

  // The same in steps. After start() the exchange belongs to the channel until end().
  absl::Status start(Exchange& exchange);
  void end();
  // The answer of an exchange that is over, or its error.
  absl::StatusOr<Response> finish(Exchange& exchange) { return exchange.finish(easy_); }

  // Moves bytes until `enough` or until the exchange is over; then true, and the exchange knows its
  // result. Errors are those of the two limits.
  absl::StatusOr<bool> advance(Exchange& exchange, const base::CallLimits& limits,
                               const std::function<bool()>& enough);

 private:
  CURLM* multi_;
  CURL* easy_;
};

}  // namespace mex::http_client
