#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "http_client/channel.h"
#include "http_client/client.h"
#include "http_client/exchange.h"

namespace mex::http_client {

// An answer that is read while it comes; made by Client::open. For one thread at a time. Ending it
// closes its connection.
class Stream {
 public:
  Stream(const Request& request, const Options& options);  // `options` outlive the stream
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  // Sends the request and waits for the head of the answer. Once, before all else.
  absl::Status start();

  // Status and headers; the body comes by read().
  const Response& head() const { return exchange_.response(); }

  // The bytes that came since the last call, waiting for some if there are none; "" at the end of
  // the answer. DeadlineExceeded leaves the stream as it was: reading can go on. Other errors as of
  // Client::send; an answer that is cut short is Unavailable.
  absl::StatusOr<std::string> read(const base::CallLimits& limits);

 private:
  const Request request_;
  Channel channel_;
  Exchange exchange_;
  bool attached_ = false;
};

}  // namespace mex::http_client
