#include "http_client/stream.h"

namespace mex::http_client {

Stream::Stream(const Request& request, const Options& options)
    : request_(request), exchange_(request_, options) {}

Stream::~Stream() {
  if (attached_) channel_.end();
}

absl::Status Stream::start() {
  if (absl::Status status = channel_.start(exchange_); !status.ok()) return status;
  attached_ = true;
  const absl::StatusOr<bool> over =
      channel_.advance(exchange_, request_.limits, [this] { return exchange_.has_head(); });
  if (!over.ok()) return over.status();
  // An answer whose body is broken has a head all the same; read() tells.
  if (*over && !exchange_.has_head()) return channel_.finish(exchange_).status();
  return absl::OkStatus();
}

absl::StatusOr<std::string> Stream::read(const base::CallLimits& limits) {
  if (!exchange_.over()) {
    const absl::StatusOr<bool> over =
        channel_.advance(exchange_, limits, [this] { return !exchange_.response().body.empty(); });
    if (!over.ok()) return over.status();
  }
  std::string bytes = exchange_.take_body();
  if (!bytes.empty() || !exchange_.over()) return bytes;
  if (absl::Status status = channel_.finish(exchange_).status(); !status.ok()) return status;
  return bytes;
}

}  // namespace mex::http_client
