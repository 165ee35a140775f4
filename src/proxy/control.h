#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "net/origin_policy.h"
#include "proxy/access_log/access_log.h"
#include "proxy/health/health_checker.h"
#include "proxy/options.h"
#include "proxy/passthrough_table.h"
#include "proxy/route/snapshot.h"
#include "proxy/shard_service.h"
#include "server/exchange.h"
#include "server/shard.h"

namespace mex::proxy {

// The one interface between the control plane and the proxy's shards. Thread-safe, for control
// threads; apply() and load() wait for the shards and are not to be called on one.
//
// Draining is the server's: ServerGroup::drain lets the exchanges of this proxy finish.
class Control {
 public:
  // `shards`: of the group that the proxy is served by. `policy` refuses addresses of origins.
  Control(std::size_t shards, Options options, net::OriginPolicy policy);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  // All services must be gone: destroy the ServerGroup before.
  ~Control();

  std::size_t shards() const { return shards_; }

  // For ServerGroup::start. The service begins with the active routes.
  std::unique_ptr<server::Service> make_service(server::Shard& shard);

  // Activates `snapshot`. When it returns, every request that a shard has not yet read is
  // routed by it; requests in flight end with the routes they began with. A snapshot
  // with a lower generation than the active one is ignored.
  void apply(route::SnapshotPtr snapshot);

  // Which TLS connections are passed through from now on; see Passthrough::use. Active on every
  // shard when it returns.
  void apply(PassthroughTablePtr table);

  // Where certificate authorities' TLS challenges are answered; see Passthrough::use_challenges.
  void apply_challenges(PassthroughTablePtr table);

  // The access log, if there is one, is opened anew: a rotation has moved it away.
  void reopen_access_log();

  // Which sets of origins are checked from now on (those that say how); see HealthChecks::use.
  void check_health(health::OriginSets sets) { health_.watch(std::move(sets)); }

  // Generation that is active on all shards.
  std::uint64_t generation() const;

  // What is going on now, summed over the shards.
  struct Load {
    std::size_t exchanges = 0;  // tunnels among them
    std::size_t tunnels = 0;
    std::size_t busy_origin_connections = 0;
    std::size_t snapshots_held = 0;
    std::size_t passthroughs = 0;
  };
  Load load() const;

 private:
  // What the control plane knows of one shard. `service` is touched on the shard's thread only;
  // null once the service is gone, so that a message that comes too late does nothing.
  struct ShardHandle {
    server::Shard& shard;
    ShardService* service;
  };
  class GuardedService;

  void run_on_all(const std::function<void(ShardService&)>& call) const;

  const std::size_t shards_;
  const std::unique_ptr<AccessLog> access_log_;  // null: off
  const ProxyContext context_;
  health::HealthChecker health_;
  base::Mutex apply_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);  // one apply at a time
  mutable base::Mutex mutex_;
  route::SnapshotPtr current_ ABSL_GUARDED_BY(mutex_);
  PassthroughTablePtr passthrough_ ABSL_GUARDED_BY(mutex_);
  PassthroughTablePtr challenges_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t applied_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::shared_ptr<ShardHandle>> handles_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::proxy
