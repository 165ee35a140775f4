#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "proxy/route/route.h"
#include "proxy/route/route_table.h"

namespace mex::store {
class Store;
}
namespace mex::net {
class OriginPolicy;
}
namespace mex::proxy {
class Control;
}

namespace mex::routing {

// One path of the public proxy and where it leads, as the API takes it.
struct ProxyRoute {
  std::string name;    // free text for people; may be empty
  std::string path;    // "/test2" or "/app/*name"
  std::string origin;  // "http://host[:port][/base]" or "https://…"
};

// What went over a route since the agent started or the route was last replaced.
struct ProxyRouteCounters {
  std::uint64_t requests = 0;                 // answered, by the origin or by us
  std::uint64_t status_classes[5] = {};       // [0] is 1xx … [4] is 5xx
  std::uint64_t request_bytes = 0;            // bodies and tunnel bytes towards the origin
  std::uint64_t response_bytes = 0;           // bodies and tunnel bytes towards the client
  std::uint64_t origin_errors = 0;            // refused, timed out, broken or cut short
  std::chrono::microseconds total_latency{};  // request head to end of answer, summed up
};

struct ProxyRouteView {
  std::string name;
  std::string path;
  std::string origin;
  base::WallTime changed_at{};  // when it was added or last replaced
  ProxyRouteCounters counters;
};

// The routes that the operator wants: checked, kept in the store, and active on every shard of the
// proxy. Thread-safe; calls wait for the store but never for a request in flight.
class ProxyRoutes {
 public:
  // `control` is null while the proxy is off: routes are stored and listed all the same.
  // All referenced objects outlive this one.
  ProxyRoutes(store::Store& store, proxy::Control* control, const net::OriginPolicy& policy,
              const base::Clock& clock);
  ProxyRoutes(const ProxyRoutes&) = delete;
  ProxyRoutes& operator=(const ProxyRoutes&) = delete;

  // All or nothing; the same path replaces. When it returns OK, the routes are durable and every
  // request that a shard reads from now on sees them. InvalidArgument names "proxies[i].path" or
  // "proxies[i].origin", also in base::detail_of(status).field; AlreadyExists is a path that covers
  // the same requests as another one ("/app/*a" and "/app/*b"); other codes come from the store.
  absl::Status add(const std::vector<ProxyRoute>& routes);

  // By path; name and origin are not looked at. Unknown paths are fine. Requests in flight end with
  // the route they began with; tunnels of a removed route (WebSockets) are cut within 5 seconds
  // (proxy::Options::removed_tunnel_grace).
  absl::Status remove(const std::vector<ProxyRoute>& routes);

  // Sorted by path.
  std::vector<ProxyRouteView> list() const;

  // Activates the stored routes; called once, before the first add. One that cannot be read is set
  // aside: its path stays taken, and add() and remove() answer FailedPrecondition for it.
  absl::Status restore();

  // The process ends: nothing of the routes is freed any more, which would take time for each of
  // them. There are none afterwards.
  void leave_to_exit();

 private:
  struct Entry {
    ProxyRoute route;
    base::WallTime changed_at;
    std::shared_ptr<const proxy::route::Route> active;
  };
  using Entries = std::map<std::string, Entry>;  // by path

  absl::StatusOr<Entry> read_entry(std::string_view value, std::string_view key) const
      ABSL_LOCKS_EXCLUDED(entries_mutex_);
  absl::StatusOr<Entry> make_entry(const ProxyRoute& route, base::WallTime changed_at,
                                   proxy::route::RoutePart& at_fault) const
      ABSL_LOCKS_EXCLUDED(entries_mutex_);
  absl::StatusOr<Entries> make_entries(const std::vector<ProxyRoute>& routes) const
      ABSL_LOCKS_EXCLUDED(entries_mutex_);
  std::shared_ptr<proxy::route::Counters> counters_for(const ProxyRoute& route) const
      ABSL_LOCKS_EXCLUDED(entries_mutex_);
  bool has_path(const std::string& path) const ABSL_LOCKS_EXCLUDED(entries_mutex_);
  proxy::route::RouteTable table() const ABSL_LOCKS_EXCLUDED(entries_mutex_);
  void activate(Entries added, const std::vector<std::string>& removed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_);

  store::Store& store_;
  proxy::Control* control_;
  const net::OriginPolicy& policy_;
  const base::Clock& clock_;
  // Held through a whole change, so that store, list and shards agree on the order of changes.
  base::Mutex change_mutex_ ABSL_ACQUIRED_BEFORE(entries_mutex_);
  // For readers; held by a change only while it looks at or swaps what they see, never during I/O.
  mutable base::Mutex entries_mutex_;
  Entries entries_ ABSL_GUARDED_BY(entries_mutex_);
  proxy::route::RouteTable table_ ABSL_GUARDED_BY(entries_mutex_);
  std::uint64_t generation_ ABSL_GUARDED_BY(change_mutex_) = 0;
};

}  // namespace mex::routing
