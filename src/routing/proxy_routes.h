#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "kubernetes/services/service_source.h"
#include "proxy/route/request.h"
#include "routing/origin_checks.h"
#include "routing/proxy_route.h"
#include "routing/route_index.h"
#include "routing/route_plan.h"

namespace mex::net {
class OriginPolicy;
}
namespace mex::proxy {
class Control;
}

namespace mex::routing {

// Aborted unless the route is at `etag`: one, or several with commas between, or "*" for any;
// empty: it does not matter.
absl::Status check_etag(const ProxyRouteView& route, std::string_view etag);

// The routes that the operator wants: checked, kept in the store, and active on every shard of the
// proxy. Thread-safe; calls wait for the store but never for a request in flight.
class ProxyRoutes {
 public:
  // `control` is null while the proxy is off: routes are stored and listed all the same. `services`
  // is null where no clusters are: services of clusters are no origins then.
  // All referenced objects outlive this one.
  ProxyRoutes(store::Store& store, proxy::Control* control, const net::OriginPolicy& policy,
              const base::Clock& clock, kubernetes::ServiceSource* services = nullptr);
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

  // The resources: routes of every kind. Errors name the field, within `field` of what the caller
  // was given ("proxy", "proxies[3]").

  struct Page {
    std::vector<ProxyRouteView> routes;
    std::string next;  // what the next page is after; empty: this is the last one
  };
  // In the order of list(), after the route with that place ("": from the first one). Routes that
  // are added and removed between two pages move no other one.
  Page page(const std::string& after, std::size_t size) const;
  // By name or, where no route has it, by path with or without its first slash. NotFound.
  absl::StatusOr<ProxyRouteView> get(const std::string& name) const;
  // AlreadyExists: a route has the name, or is for the same requests.
  absl::StatusOr<ProxyRouteView> create(const ProxyRoute& route);
  // Creates it, or replaces the whole of it. With an etag, only that of this etag: Aborted or
  // NotFound else.
  // `must_not_exist`: AlreadyExists if there is one of that name.
  absl::StatusOr<ProxyRouteView> put(const std::string& name, ProxyRoute route,
                                     const std::string& etag, bool must_not_exist = false);
  absl::Status remove(const std::string& name, const std::string& etag);

  struct Applied {
    std::size_t created = 0;
    std::size_t replaced = 0;
    std::size_t unchanged = 0;
    std::size_t deleted = 0;
  };
  // All of them or none, as put() has it; with Kind::All all other routes are deleted. `etags`: one
  // for each route, empty where it does not matter; or none at all.
  absl::StatusOr<Applied> apply(const std::vector<ProxyRoute>& routes,
                                const std::vector<std::string>& etags, RoutePlan::Kind kind);

  // A route as shards use it. By id no two are the same.
  struct Active {
    std::string id;
    std::shared_ptr<const proxy::route::Route> route;
  };
  // In the order of list(), for what looks at the numbers of all of them.
  std::vector<Active> active() const ABSL_LOCKS_EXCLUDED(entries_mutex_) {
    const base::MutexLock lock(entries_mutex_);
    std::vector<Active> all;
    all.reserve(index_.entries().size());
    for (const auto& [id, entry] : index_.entries()) all.push_back({id, entry.active});
    return all;
  }

  // All routes as they are at this moment.
  proxy::route::RouteTable table() const ABSL_LOCKS_EXCLUDED(entries_mutex_);
  // As get(), of a route of that table; nothing if it is gone.
  std::optional<ProxyRouteView> view_of(const proxy::route::Rule& rule) const;

  // Activates the stored routes; called once, before the first add. One that cannot be read is set
  // aside: its path stays taken, and add() and remove() answer FailedPrecondition for it.
  absl::Status restore();

  // The process ends: nothing of the routes is freed any more, which would take time for each of
  // them. There are none afterwards.
  void leave_to_exit();

 private:
  absl::StatusOr<RouteEntry> read_entry(std::string_view value, std::string_view key) const
      ABSL_LOCKS_EXCLUDED(entries_mutex_);
  // Checked as far as it stands alone; `field` is where the caller has it.
  absl::StatusOr<RouteEntry> make_entry(const ProxyRoute& route, const std::string& field) const
      ABSL_LOCKS_EXCLUDED(entries_mutex_);
  absl::StatusOr<RouteEntry> follow_services(
      ProxyRoute route, const proxy::route::Route& alone,
      const std::shared_ptr<FollowedOrigins>& previous) const;
  absl::StatusOr<RouteEntry> compile_entry(ProxyRoute route) const
      ABSL_LOCKS_EXCLUDED(entries_mutex_);
  // Stores what is planned and makes it active.
  absl::Status carry_out(RouteIndex::Entries puts, const std::vector<std::string>& erased)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_) ABSL_LOCKS_EXCLUDED(entries_mutex_);
  void activate(RouteIndex::Entries puts, const std::vector<std::string>& erased)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_) ABSL_LOCKS_EXCLUDED(entries_mutex_);
  absl::StatusOr<ProxyRouteView> put_entry(RouteEntry entry, bool is_new)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_) ABSL_LOCKS_EXCLUDED(entries_mutex_);

  store::Store& store_;
  proxy::Control* control_;
  const net::OriginPolicy& policy_;
  const base::Clock& clock_;
  kubernetes::ServiceSource* const services_;
  // Held through a whole change, so that store, list and shards agree on the order of changes.
  base::Mutex change_mutex_ ABSL_ACQUIRED_BEFORE(entries_mutex_);
  // For readers; held by a change only while it looks at or swaps what they see, never during I/O.
  mutable base::Mutex entries_mutex_;
  RouteIndex index_ ABSL_GUARDED_BY(entries_mutex_);
  std::uint64_t generation_ ABSL_GUARDED_BY(change_mutex_) = 0;
  // Shared with what hears of services.
  const std::shared_ptr<OriginChecks> checked_;
};

}  // namespace mex::routing
