#include "routing/proxy_routes.h"

#include <algorithm>
#include <utility>

#include "base/json_text.h"
#include "base/log.h"
#include "base/record_json.h"
#include "base/status.h"
#include "net/origin_policy.h"
#include "proxy/control.h"
#include "routing/stored_route.h"
#include "store/read_all.h"

namespace mex::routing {
namespace {

using proxy::route::RoutePart;

std::string field_of(std::size_t index, RoutePart part) {
  return fmt::format("proxies[{}].{}", index, part == RoutePart::Path ? "path" : "origin");
}

// The same status, naming the field, for people and for programs.
absl::Status at_field(const absl::Status& status, const std::string& field) {
  base::ErrorDetail detail;
  detail.field = field;
  return base::with_detail(base::annotate(status, field), detail);
}

ProxyRouteCounters counters_of(const proxy::route::Route& route) {
  const proxy::route::Totals totals = route.counters().totals();
  ProxyRouteCounters counters;
  counters.requests = totals.requests;
  std::copy(totals.status_classes.begin(), totals.status_classes.end(), counters.status_classes);
  counters.request_bytes = totals.request_bytes;
  counters.response_bytes = totals.response_bytes;
  counters.origin_errors = totals.origin_errors;
  counters.total_latency = std::chrono::microseconds(totals.latency_microseconds);
  return counters;
}

}  // namespace

ProxyRoutes::ProxyRoutes(store::Store& store, proxy::Control* control,
                         const net::OriginPolicy& policy, const base::Clock& clock)
    : store_(store), control_(control), policy_(policy), clock_(clock) {}

absl::Status ProxyRoutes::add(const std::vector<ProxyRoute>& routes) {
  const base::MutexLock one_change_at_a_time(change_mutex_);
  MEX_ASSIGN_OR_RETURN(Entries added, make_entries(routes));
  store::Transaction transaction;
  for (const auto& [path, entry] : added) {
    transaction.put(route_key(path), to_json(StoredRoute{entry.route, entry.changed_at}));
  }
  if (transaction.empty()) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(store_.commit(transaction).status());
  for (const auto& [path, entry] : added) {
    log::info("route added", {{"path", path}, {"origin", entry.route.origin}});
  }
  activate(std::move(added), {});
  return absl::OkStatus();
}

absl::Status ProxyRoutes::remove(const std::vector<ProxyRoute>& routes) {
  const base::MutexLock one_change_at_a_time(change_mutex_);
  store::Transaction transaction;
  std::vector<std::string> removed;
  for (const ProxyRoute& route : routes) {
    const bool known = has_path(route.path);
    if (!known) MEX_RETURN_IF_ERROR(store_.check_readable(route_key(route.path)));
    const bool twice = std::find(removed.begin(), removed.end(), route.path) != removed.end();
    if (!known || twice) continue;
    removed.push_back(route.path);
    transaction.erase(route_key(route.path));
  }
  if (transaction.empty()) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(store_.commit(transaction).status());
  for (const std::string& path : removed) log::info("route removed", {{"path", path}});
  activate({}, removed);
  return absl::OkStatus();
}

std::vector<ProxyRouteView> ProxyRoutes::list() const {
  const base::MutexLock lock(entries_mutex_);
  std::vector<ProxyRouteView> views;
  views.reserve(entries_.size());
  for (const auto& [path, entry] : entries_) {
    views.push_back(
        {entry.route.name, path, entry.route.origin, entry.changed_at, counters_of(*entry.active)});
  }
  return views;
}

absl::Status ProxyRoutes::restore() {
  const base::MutexLock one_change_at_a_time(change_mutex_);
  MEX_ASSIGN_OR_RETURN(std::vector<Entry> stored,
                       store::read_all(store_, kRoutePrefix, [this](const store::Entry& each) {
                         return read_entry(each.value, each.key);
                       }));
  Entries restored;
  for (Entry& entry : stored) restored.insert_or_assign(entry.route.path, std::move(entry));
  const std::size_t count = restored.size();
  activate(std::move(restored), {});
  log::info("routes restored", {{"count", count}});
  return absl::OkStatus();
}

void ProxyRoutes::leave_to_exit() {
  // Still referred to, so that no one takes it for a leak.
  static auto* const left = new std::vector<std::pair<Entries, proxy::route::RouteTable>>;
  const base::MutexLock one_change_at_a_time(change_mutex_);
  const base::MutexLock lock(entries_mutex_);
  left->emplace_back(std::exchange(entries_, {}), std::exchange(table_, {}));
}

absl::StatusOr<ProxyRoutes::Entry> ProxyRoutes::read_entry(std::string_view value,
                                                           std::string_view key) const {
  MEX_ASSIGN_OR_RETURN(const StoredRoute stored, route_from_json(value, key));
  if (route_key(stored.route.path) != key) {
    return base::damaged_record(
        key, fmt::format("it is of the path {}", base::quoted(stored.route.path)));
  }
  RoutePart at_fault{};
  auto entry = make_entry(stored.route, stored.changed_at, at_fault);
  if (entry.ok()) return entry;
  return base::damaged_record(key, base::message_of(entry.status()));
}

absl::StatusOr<ProxyRoutes::Entry> ProxyRoutes::make_entry(const ProxyRoute& route,
                                                           base::WallTime changed_at,
                                                           RoutePart& at_fault) const {
  MEX_ASSIGN_OR_RETURN(
      auto made, proxy::route::make_route(route.path, route.origin, counters_for(route), at_fault));
  return Entry{route, changed_at, std::move(made)};
}

absl::StatusOr<ProxyRoutes::Entries> ProxyRoutes::make_entries(
    const std::vector<ProxyRoute>& routes) const {
  const base::WallTime now = clock_.wall_now();
  Entries entries;
  proxy::route::RouteTable table = this->table();
  for (std::size_t i = 0; i < routes.size(); ++i) {
    RoutePart at_fault{};
    auto entry = make_entry(routes[i], now, at_fault);
    if (!entry.ok()) return at_field(entry.status(), field_of(i, at_fault));
    const auto& origin = entry->active->origin();
    if (absl::Status status = policy_.check_literal(origin.host, origin.port); !status.ok()) {
      return at_field(status, field_of(i, RoutePart::Origin));
    }
    if (const auto rival = table.find_rival(entry->active->rule())) {
      return at_field(base::error(absl::StatusCode::kAlreadyExists,
                                  "\"{}\" covers the same requests as \"{}\"; delete that first",
                                  routes[i].path, rival->pattern().text()),
                      field_of(i, RoutePart::Path));
    }
    table = table.with(entry->active);
    entries.insert_or_assign(routes[i].path, *std::move(entry));
  }
  return entries;
}

bool ProxyRoutes::has_path(const std::string& path) const {
  const base::MutexLock lock(entries_mutex_);
  return entries_.contains(path);
}

proxy::route::RouteTable ProxyRoutes::table() const {
  const base::MutexLock lock(entries_mutex_);
  return table_;
}

// A route that is added again unchanged keeps its counters.
std::shared_ptr<proxy::route::Counters> ProxyRoutes::counters_for(const ProxyRoute& route) const {
  const base::MutexLock lock(entries_mutex_);
  const auto previous = entries_.find(route.path);
  if (previous != entries_.end() && previous->second.route.origin == route.origin) {
    return previous->second.active->shared_counters();
  }
  return std::make_shared<proxy::route::Counters>(control_ == nullptr ? 1 : control_->shards());
}

void ProxyRoutes::activate(Entries added, const std::vector<std::string>& removed) {
  proxy::route::RouteTable next;
  {
    const base::MutexLock lock(entries_mutex_);
    for (const std::string& path : removed) {
      const auto found = entries_.find(path);
      table_ = table_.without(found->second.active->rule());
      entries_.erase(found);
    }
    for (auto& [path, entry] : added) {
      table_ = table_.with(entry.active);
      entries_.insert_or_assign(path, std::move(entry));
    }
    next = table_;
  }
  ++generation_;
  if (control_ == nullptr) return;
  control_->apply(std::make_shared<const proxy::route::Snapshot>(
      proxy::route::Snapshot{generation_, std::move(next)}));
}

}  // namespace mex::routing
