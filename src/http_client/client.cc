#include "http_client/client.h"

#include <strings.h>

#include <algorithm>
#include <utility>

#include "base/mutex.h"
#include "http_client/channel.h"
#include "http_client/exchange.h"
#include "http_client/stream.h"

namespace mex::http_client {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string_view Response::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const Header& header) {
    return same_name(header.name, name);
  });
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

// The channels that are not in use, the one used last at the end: it is the likeliest to have a
// live connection.
class Client::Pool {
 public:
  explicit Pool(Options options) : options_(std::move(options)) {}

  const Options& options() const { return options_; }

  std::unique_ptr<Channel> take(std::string_view origin) {
    const base::MutexLock lock(mutex_);
    const auto found = std::find_if(idle_.rbegin(), idle_.rend(),
                                    [&](const Idle& idle) { return idle.origin == origin; });
    if (found == idle_.rend()) return std::make_unique<Channel>();
    std::unique_ptr<Channel> channel = std::move(found->channel);
    idle_.erase(std::next(found).base());
    return channel;
  }

  void put_back(std::string_view origin, std::unique_ptr<Channel> channel) {
    Idle dropped;  // closes its connections after the lock is released
    const base::MutexLock lock(mutex_);
    idle_.push_back({.origin = std::string(origin), .channel = std::move(channel)});
    if (idle_.size() > options_.max_idle_channels) {
      dropped = std::move(idle_.front());
      idle_.erase(idle_.begin());
    }
  }

 private:
  struct Idle {
    std::string origin;
    std::unique_ptr<Channel> channel;
  };

  const Options options_;
  base::Mutex mutex_;
  std::vector<Idle> idle_ ABSL_GUARDED_BY(mutex_);
};

Client::Client(Options options) : pool_(std::make_unique<Pool>(std::move(options))) {}

Client::~Client() = default;

absl::StatusOr<Response> Client::send(const Request& request) {
  const std::string_view origin = origin_of(request.url);
  std::unique_ptr<Channel> channel = pool_->take(origin);
  absl::StatusOr<Response> response = channel->perform(request, pool_->options());
  pool_->put_back(origin, std::move(channel));
  return response;
}

absl::StatusOr<std::unique_ptr<Stream>> Client::open(const Request& request) {
  auto stream = std::make_unique<Stream>(request, pool_->options());
  if (absl::Status status = stream->start(); !status.ok()) return status;
  return stream;
}

}  // namespace mex::http_client
