#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/event_loop.h"

namespace mex::proxy::upstream {

// What a name stands for, and for how long that may be believed.
struct Resolution {
  std::vector<net::Address> addresses;  // best first; empty: `error` says why
  std::chrono::seconds time_to_live{};
  std::string error;
};

// Asks name servers (and /etc/hosts) for addresses without blocking the shard. Built on c-ares,
// because getaddrinfo blocks, cannot be interrupted and hides how long an answer is good for.
// Keeps nothing: the pool of each origin holds its own answer. Shard thread only.
class Resolver {
 public:
  using Done = std::function<void(Resolution)>;

  static constexpr std::chrono::seconds kMinTimeToLive{5};
  static constexpr std::chrono::seconds kMaxTimeToLive{300};

  // `name_servers` empty: those of /etc/resolv.conf. The loop outlives the resolver.
  static absl::StatusOr<std::unique_ptr<Resolver>> create(
      net::EventLoop& loop, std::span<const net::Address> name_servers);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  // Questions without an answer are dropped: their `done` is not called.
  ~Resolver();

  // Calls `done` once, maybe before it returns. Addresses carry `port`.
  void resolve(const std::string& host, std::uint16_t port, Done done);

 private:
  class Channel;
  explicit Resolver(std::unique_ptr<Channel> channel);
  std::unique_ptr<Channel> channel_;
};

}  // namespace mex::proxy::upstream
