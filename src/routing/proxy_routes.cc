#include "routing/proxy_routes.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "base/log.h"
#include "base/record_json.h"
#include "base/status.h"
#include "net/origin_policy.h"
#include "proxy/control.h"
#include "routing/origin_set_compiler.h"
#include "routing/route_compiler.h"
#include "routing/stored_route.h"
#include "store/read_all.h"

namespace mex::routing {
namespace {

using absl::StatusCode;

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

ProxyMirrorCounters counters_of(const proxy::route::Mirror& mirror) {
  const proxy::route::Totals totals = mirror.route().counters().totals();
  return {
      .requests = totals.requests, .failures = totals.origin_errors, .dropped = mirror.dropped()};
}

std::vector<proxy::ObservedOrigin> origins_of(const RouteEntry& entry) {
  if (entry.followed != nullptr) return entry.followed->observe();
  if (entry.active->origins() == nullptr) return {};
  return proxy::observe(*entry.active->origins(), base::system_clock());
}

ProxyRouteView view_of_entry(const RouteEntry& entry) {
  return {.name = entry.route.name,
          .path = entry.route.path,
          .origin = entry.route.origin,
          .changed_at = entry.changed_at,
          .counters = counters_of(*entry.active),
          .mirror = entry.active->mirror() == nullptr ? ProxyMirrorCounters()
                                                      : counters_of(*entry.active->mirror()),
          .route = entry.route,
          .etag = entry.etag(),
          .is_simple = entry.active->rule().is_simple() && entry.active->action().leads_to_origin(),
          .origins = origins_of(entry)};
}

// A set of many routes is one line, or it would push everything else out of the log.
void log_change(const RouteIndex::Entries& puts, const std::vector<std::string>& removed) {
  constexpr std::size_t kMaxLines = 100;
  if (puts.size() + removed.size() > kMaxLines) {
    log::info("routes changed", {{"added", puts.size()}, {"removed", removed.size()}});
    return;
  }
  for (const auto& [id, entry] : puts) {
    log::info("route added", {{"path", entry.route.path}, {"origin", entry.route.origin}});
  }
  for (const std::string& path : removed) log::info("route removed", {{"path", path}});
}

std::string element(std::size_t index) { return fmt::format("proxies[{}]", index); }

absl::Status no_such_route(const std::string& name) {
  return base::error(StatusCode::kNotFound, "no proxy of name or path {}", base::quoted(name));
}

// `allowed`: "5", "5,7", "*".
bool is_among(std::string_view etag, std::string_view allowed) {
  if (allowed == "*") return true;
  while (!allowed.empty()) {
    const std::size_t end = std::min(allowed.find(','), allowed.size());
    if (allowed.substr(0, end) == etag) return true;
    allowed.remove_prefix(std::min(end + 1, allowed.size()));
  }
  return false;
}

absl::Status check_etag(std::string_view route, std::string_view actual, std::string_view etag) {
  if (etag.empty() || is_among(actual, etag)) return absl::OkStatus();
  return base::error(StatusCode::kAborted, "the route {} is at etag {}, not {}", route, actual,
                     base::quoted(etag));
}

absl::Status check_etag(const RouteEntry& entry, std::string_view etag) {
  return check_etag(entry.to_string(), entry.etag(), etag);
}

// Of what an entry of a set is to replace.
absl::Status check_planned_etag(const RouteIndex& index, const RouteEntry& entry,
                                const std::string& etag) {
  if (etag.empty()) return absl::OkStatus();
  const std::vector<const RouteEntry*> named = index.named(entry.route.name);
  const RouteEntry* before = named.size() == 1 ? named.front() : index.find(entry.id());
  if (before == nullptr) return no_such_route(entry.route.name);
  return check_etag(*before, etag);
}

absl::Status ambiguous(const std::string& name) {
  return base::error(StatusCode::kFailedPrecondition,
                     "more than one route has the name {}: say which by its path",
                     base::quoted(name));
}

}  // namespace

absl::Status check_etag(const ProxyRouteView& route, std::string_view etag) {
  return check_etag(base::quoted(route.name.empty() ? route.path : route.name), route.etag, etag);
}

ProxyRoutes::ProxyRoutes(store::Store& store, proxy::Control* control,
                         const net::OriginPolicy& policy, const base::Clock& clock,
                         kubernetes::ServiceSource* services)
    : store_(store),
      control_(control),
      policy_(policy),
      clock_(clock),
      services_(services),
      checked_(std::make_shared<OriginChecks>(control)) {}

absl::Status ProxyRoutes::add(const std::vector<ProxyRoute>& routes) {
  const base::MutexLock one_change_at_a_time(change_mutex_);
  std::vector<RouteEntry> entries;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    MEX_ASSIGN_OR_RETURN(RouteEntry entry, make_entry(routes[i], element(i)));
    entries.push_back(std::move(entry));
  }
  RouteIndex::Entries puts;
  {
    const base::MutexLock lock(entries_mutex_);
    RoutePlan plan(index_, RoutePlan::Kind::Some);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (absl::Status status = plan.put_simple(std::move(entries[i])); !status.ok()) {
        return within_field(status, element(i));
      }
    }
    puts = plan.take_puts();
  }
  return carry_out(std::move(puts), {});
}

absl::Status ProxyRoutes::remove(const std::vector<ProxyRoute>& routes) {
  const base::MutexLock one_change_at_a_time(change_mutex_);
  std::set<std::string> removed;
  std::vector<std::string> unknown;
  {
    const base::MutexLock lock(entries_mutex_);
    for (const ProxyRoute& route : routes) {
      if (index_.find(route.path) != nullptr) {
        removed.insert(route.path);
      } else {
        unknown.push_back(route.path);
      }
    }
  }
  for (const std::string& path : unknown) {
    MEX_RETURN_IF_ERROR(store_.check_readable(route_key(path)));
  }
  return carry_out({}, {removed.begin(), removed.end()});
}

std::vector<ProxyRouteView> ProxyRoutes::list() const {
  const base::MutexLock lock(entries_mutex_);
  std::vector<ProxyRouteView> views;
  views.reserve(index_.entries().size());
  for (const auto& [id, entry] : index_.entries()) views.push_back(view_of_entry(entry));
  return views;
}

ProxyRoutes::Page ProxyRoutes::page(const std::string& after, std::size_t size) const {
  const base::MutexLock lock(entries_mutex_);
  const RouteIndex::Entries& entries = index_.entries();
  Page page;
  for (auto each = entries.upper_bound(after); each != entries.end(); ++each) {
    if (page.routes.size() == size) {
      page.next = std::prev(each)->first;
      break;
    }
    page.routes.push_back(view_of_entry(each->second));
  }
  return page;
}

absl::StatusOr<ProxyRouteView> ProxyRoutes::get(const std::string& name) const {
  const base::MutexLock lock(entries_mutex_);
  bool is_ambiguous = false;
  const RouteEntry* entry = index_.find_resource(name, is_ambiguous);
  if (entry == nullptr) return no_such_route(name);
  return view_of_entry(*entry);
}

absl::StatusOr<ProxyRouteView> ProxyRoutes::create(const ProxyRoute& route) {
  const base::MutexLock one_change_at_a_time(change_mutex_);
  MEX_ASSIGN_OR_RETURN(RouteEntry entry, make_entry(route, "proxy"));
  return put_entry(std::move(entry), true);
}

absl::StatusOr<ProxyRouteView> ProxyRoutes::put(const std::string& name, ProxyRoute route,
                                                const std::string& etag, bool must_not_exist) {
  const base::MutexLock one_change_at_a_time(change_mutex_);
  bool is_found_by_path = false;
  {
    const base::MutexLock lock(entries_mutex_);
    bool is_ambiguous = false;
    const RouteEntry* before = index_.find_resource(name, is_ambiguous);
    if (is_ambiguous) return ambiguous(name);
    if (before == nullptr && !etag.empty()) return no_such_route(name);
    if (before != nullptr && must_not_exist) {
      return base::error(StatusCode::kAlreadyExists, "there is a route {}", before->to_string());
    }
    if (before != nullptr) MEX_RETURN_IF_ERROR(check_etag(*before, etag));
    is_found_by_path = before != nullptr && before->route.name != name;
  }
  if (is_found_by_path) {
    // What has only a path keeps it, and may be given a name.
    if (route.path != name && route.path != "/" + name) {
      return base::field_error("proxy.path", "is not the path of the route that is to be replaced");
    }
  } else if (route.name.empty()) {
    route.name = name;
  } else if (route.name != name) {
    return base::field_error(
        "proxy.name", fmt::format("is {} in the path; names do not change", base::quoted(name)));
  }
  MEX_ASSIGN_OR_RETURN(RouteEntry entry, make_entry(route, "proxy"));
  return put_entry(std::move(entry), false);
}

absl::StatusOr<ProxyRouteView> ProxyRoutes::put_entry(RouteEntry entry, bool is_new) {
  const std::string id = entry.id();
  RouteIndex::Entries puts;
  std::vector<std::string> erased;
  {
    const base::MutexLock lock(entries_mutex_);
    if (const RouteEntry* other = index_.find(id); is_new && other != nullptr) {
      return at_field(base::error(StatusCode::kAlreadyExists, "\"{}\" has a route already: {}",
                                  entry.route.path, other->to_string()),
                      "proxy.path");
    }
    RoutePlan plan(index_, RoutePlan::Kind::Some);
    if (!is_new) plan.vacate_name(entry);
    if (absl::Status status = plan.put(std::move(entry)); !status.ok()) {
      return within_field(status, "proxy");
    }
    erased = plan.erased();
    puts = plan.take_puts();
  }
  MEX_RETURN_IF_ERROR(carry_out(std::move(puts), erased));
  const base::MutexLock lock(entries_mutex_);
  return view_of_entry(*index_.find(id));
}

absl::Status ProxyRoutes::remove(const std::string& name, const std::string& etag) {
  const base::MutexLock one_change_at_a_time(change_mutex_);
  std::string id;
  {
    const base::MutexLock lock(entries_mutex_);
    bool is_ambiguous = false;
    const RouteEntry* entry = index_.find_resource(name, is_ambiguous);
    if (is_ambiguous) return ambiguous(name);
    if (entry == nullptr) return no_such_route(name);
    MEX_RETURN_IF_ERROR(check_etag(*entry, etag));
    id = entry->id();
  }
  return carry_out({}, {id});
}

absl::StatusOr<ProxyRoutes::Applied> ProxyRoutes::apply(const std::vector<ProxyRoute>& routes,
                                                        const std::vector<std::string>& etags,
                                                        RoutePlan::Kind kind) {
  const base::MutexLock one_change_at_a_time(change_mutex_);
  std::vector<RouteEntry> entries;
  entries.reserve(routes.size());
  for (std::size_t i = 0; i < routes.size(); ++i) {
    MEX_ASSIGN_OR_RETURN(RouteEntry entry, make_entry(routes[i], element(i)));
    entries.push_back(std::move(entry));
  }
  Applied applied;
  RouteIndex::Entries puts;
  std::vector<std::string> erased;
  {
    const base::MutexLock lock(entries_mutex_);
    RoutePlan plan(index_, kind);
    for (std::size_t i = 0; i < etags.size(); ++i) {
      if (absl::Status status = check_planned_etag(index_, entries[i], etags[i]); !status.ok()) {
        return at_field(status, element(i) + ".etag");
      }
    }
    for (const RouteEntry& entry : entries) plan.vacate_name(entry);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const bool is_known =
          !index_.named(entries[i].route.name).empty() || index_.find(entries[i].id()) != nullptr;
      if (absl::Status status = plan.put(std::move(entries[i])); !status.ok()) {
        return within_field(status, element(i));
      }
      if (!is_known) ++applied.created;
    }
    erased = plan.erased();
    puts = plan.take_puts();
    applied.unchanged = plan.unchanged();
    applied.replaced = puts.size() - applied.created;
    // A route that has moved is replaced, not deleted.
    std::set<std::string_view> names;
    for (const auto& [id, entry] : puts) names.insert(entry.route.name);
    for (const std::string& id : erased) {
      const std::string& name = index_.find(id)->route.name;
      if (name.empty() || !names.contains(name)) ++applied.deleted;
    }
  }
  MEX_RETURN_IF_ERROR(carry_out(std::move(puts), erased));
  return applied;
}

proxy::route::RouteTable ProxyRoutes::table() const {
  const base::MutexLock lock(entries_mutex_);
  return index_.table();
}

std::optional<ProxyRouteView> ProxyRoutes::view_of(const proxy::route::Rule& rule) const {
  const base::MutexLock lock(entries_mutex_);
  const RouteEntry* entry = index_.find(rule);
  if (entry == nullptr) return std::nullopt;
  return view_of_entry(*entry);
}

absl::Status ProxyRoutes::restore() {
  const base::MutexLock one_change_at_a_time(change_mutex_);
  MEX_ASSIGN_OR_RETURN(std::vector<RouteEntry> stored,
                       store::read_all(store_, kRoutePrefix, [this](const store::Entry& each) {
                         auto entry = read_entry(each.value, each.key);
                         if (entry.ok()) entry->revision = each.revision;
                         return entry;
                       }));
  RouteIndex::Entries restored;
  for (RouteEntry& entry : stored) {
    std::string id = entry.id();
    restored.insert_or_assign(std::move(id), std::move(entry));
  }
  const std::size_t count = restored.size();
  activate(std::move(restored), {});
  log::info("routes restored", {{"count", count}});
  return absl::OkStatus();
}

void ProxyRoutes::leave_to_exit() {
  // Still referred to, so that no one takes it for a leak.
  static auto* const left = new std::vector<RouteIndex>;
  const base::MutexLock one_change_at_a_time(change_mutex_);
  const base::MutexLock lock(entries_mutex_);
  left->push_back(std::exchange(index_, {}));
}

absl::StatusOr<RouteEntry> ProxyRoutes::read_entry(std::string_view value,
                                                   std::string_view key) const {
  MEX_ASSIGN_OR_RETURN(const StoredRoute stored, route_from_json(value, key));
  auto entry = compile_entry(stored.route);
  if (!entry.ok()) return base::damaged_record(key, base::message_of(entry.status()));
  if (entry->store_key() != key) {
    return base::damaged_record(
        key, fmt::format("it is of the path {}", base::quoted(stored.route.path)));
  }
  entry->changed_at = stored.changed_at;
  return entry;
}

absl::StatusOr<RouteEntry> ProxyRoutes::make_entry(const ProxyRoute& route,
                                                   const std::string& field) const {
  auto entry = compile_entry(route);
  if (!entry.ok()) return within_field(entry.status(), field);
  absl::Status status = check_origin(*entry->active, policy_);
  if (status.ok() && entry->followed != nullptr) {
    status = check_fixed_origins(entry->route.origin_set, policy_);
  }
  if (!status.ok()) return within_field(status, field);
  entry->changed_at = clock_.wall_now();
  return entry;
}

// A route that is added again unchanged keeps its counters.
absl::StatusOr<RouteEntry> ProxyRoutes::compile_entry(ProxyRoute route) const {
  const std::size_t shards = control_ == nullptr ? 1 : control_->shards();
  MEX_ASSIGN_OR_RETURN(proxy::route::Rule rule, rule_of(route, shards));
  ProxyRoute previous;
  std::shared_ptr<const proxy::route::Route> previously_active;
  std::shared_ptr<FollowedOrigins> previously_followed;
  {
    const base::MutexLock lock(entries_mutex_);
    if (const RouteEntry* entry = index_.find(rule)) {
      previous = entry->route;
      previously_active = entry->active;
      previously_followed = entry->followed;
    }
  }
  MEX_RETURN_IF_ERROR(complete_origins(route, previous.origin_set));
  const bool is_same_way = previous.name == route.name && previous.action == route.action &&
                           (previous.origin == route.origin || !route.origin_set.empty());
  auto counters = previously_active != nullptr && is_same_way
                      ? previously_active->shared_counters()
                      : std::make_shared<proxy::route::Counters>(shards, route.name);
  MEX_ASSIGN_OR_RETURN(auto alone, compile_route(route, std::move(rule), std::move(counters)));
  MEX_ASSIGN_OR_RETURN(
      alone, compile_guards(std::move(alone), route.action.guards, previously_active.get()));
  MEX_ASSIGN_OR_RETURN(alone, compile_mirror(std::move(alone), route.action.mirror,
                                             previously_active.get(), shards));
  if (has_service_origin(route.origin_set)) {
    return follow_services(std::move(route), *alone, previously_followed);
  }
  MEX_ASSIGN_OR_RETURN(auto active,
                       compile_origins(std::move(alone), route.origin_set, previously_active.get(),
                                       clock_.steady_now(), shards));
  return RouteEntry{.route = std::move(route), .active = std::move(active)};
}

absl::StatusOr<RouteEntry> ProxyRoutes::follow_services(
    ProxyRoute route, const proxy::route::Route& alone,
    const std::shared_ptr<FollowedOrigins>& previous) const {
  if (services_ == nullptr) {
    return base::field_error("origin", "is a service of a cluster, and there are no clusters here");
  }
  FollowedOrigins::Context context{.source = services_,
                                   .clock = &clock_,
                                   .shards = control_ == nullptr ? 1 : control_->shards(),
                                   .on_publish = nullptr};
  if (route.origin_set.health_check.type != proxy::balance::CheckType::None) {
    context.on_publish = [checked = checked_] { checked->apply(); };
  }
  MEX_ASSIGN_OR_RETURN(auto followed, FollowedOrigins::create(alone, route.origin_set,
                                                              previous.get(), std::move(context)));
  RouteEntry entry{.route = std::move(route), .active = followed->route()};
  entry.followed = std::move(followed);
  return entry;
}

absl::Status ProxyRoutes::carry_out(RouteIndex::Entries puts,
                                    const std::vector<std::string>& erased) {
  if (puts.empty() && erased.empty()) return absl::OkStatus();
  store::Transaction transaction;
  std::set<std::string> written;
  for (const auto& [id, entry] : puts) {
    written.insert(entry.store_key());
    transaction.put(entry.store_key(), to_json(StoredRoute{entry.route, entry.changed_at}));
  }
  std::vector<std::string> removed;  // as people know them
  {
    const base::MutexLock lock(entries_mutex_);
    const auto erase_record = [&](const RouteEntry& entry) {
      if (written.insert(entry.store_key()).second) transaction.erase(entry.store_key());
    };
    for (const std::string& id : erased) {
      erase_record(*index_.find(id));
      removed.push_back(index_.find(id)->route.path);
    }
    // A named route whose rule is still the same may have lost its name or got another one.
    for (const auto& [id, entry] : puts) {
      if (const RouteEntry* before = index_.find(id)) erase_record(*before);
    }
  }
  MEX_ASSIGN_OR_RETURN(const store::Revision revision, store_.commit(transaction));
  for (auto& [id, entry] : puts) entry.revision = revision;
  log_change(puts, removed);
  activate(std::move(puts), erased);
  return absl::OkStatus();
}

void ProxyRoutes::activate(RouteIndex::Entries puts, const std::vector<std::string>& erased) {
  proxy::route::RouteTable next;
  bool is_check_changed = false;
  {
    const base::MutexLock lock(entries_mutex_);
    for (const std::string& id : erased) {
      index_.erase(id);
      is_check_changed |= checked_->erase(id);
    }
    for (auto& [id, entry] : puts) {
      is_check_changed |= checked_->put(id, entry);
      index_.put(std::move(entry));
    }
    next = index_.table();
  }
  ++generation_;
  if (control_ == nullptr) return;
  if (is_check_changed) checked_->apply();
  control_->apply(std::make_shared<const proxy::route::Snapshot>(
      proxy::route::Snapshot{generation_, std::move(next)}));
}

}  // namespace mex::routing
