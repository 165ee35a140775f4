#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "base/call_limits.h"
#include "base/thread_pool.h"
#include "http_client/async_client.h"
#include "kubernetes/client.h"
#include "kubernetes/health.h"
#include "kubernetes/node.h"

namespace mex::kubernetes {

// What an API server says of itself and, when it is ready, of its nodes.
struct ProbeResult {
  absl::Status status;  // why there is no whole answer, if there is none
  Health health;
  std::vector<Node> nodes;  // empty while the server is not ready
};

// Asks API servers how they are. Thread-safe.
class Prober {
 public:
  using Done = std::function<void(ProbeResult)>;

  virtual ~Prober() = default;

  // Returns at once, whatever the server does; `done` is called once, soon after the deadline at
  // the latest, and never from within.
  virtual void probe(std::shared_ptr<Client> client, const base::CallLimits& limits, Done done) = 0;

  // Likewise, only whether it answers at all: OK, whatever the answer, or why there is none.
  using Reached = std::function<void(const absl::Status&)>;
  virtual void reach(std::shared_ptr<Client> client, const base::CallLimits& limits,
                     Reached done) = 0;
};

// Over one thread for the connections of all servers, and a pool whose threads read the answers:
// none of them waits for a server. An answer is bounded in itself and together with the others, for
// the servers are their tenants'.
class AsyncProber final : public Prober {
 public:
  // `pool` outlives the prober; `done` is called on its threads, and not at all after stop(). Of
  // more than `max_probes` at once the last are refused (ResourceExhausted); as many connections
  // are kept for the next probes.
  AsyncProber(base::ThreadPool& pool, std::size_t max_probes);

  void probe(std::shared_ptr<Client> client, const base::CallLimits& limits, Done done) override;
  void reach(std::shared_ptr<Client> client, const base::CallLimits& limits, Reached done) override;

  // Gives up what is under way. May be called twice.
  void stop() { transport_.stop(); }

 private:
  class Probe;

  base::ThreadPool& pool_;
  http_client::AsyncClient transport_;
};

}  // namespace mex::kubernetes
