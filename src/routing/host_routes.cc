#include "routing/host_routes.h"

#include <utility>

#include "base/json_text.h"
#include "base/log.h"
#include "base/record_json.h"
#include "base/status.h"
#include "routing/kernel_route_events.h"
#include "routing/stored_host_route.h"
#include "store/read_all.h"

namespace mex::routing {
namespace {

std::string field_of(std::size_t index) { return fmt::format("routes[{}]", index); }

absl::StatusOr<StoredHostRoute> read_stored(const store::Entry& entry, std::string_view prefix) {
  MEX_ASSIGN_OR_RETURN(StoredHostRoute stored, host_route_from_json(entry.value, entry.key));
  if (host_route_key(prefix, stored.route.subnet) != entry.key) {
    return base::damaged_record(
        entry.key, fmt::format("it is of the subnet {}", base::quoted(stored.route.subnet)));
  }
  const auto route = normalized(stored.route, "route");
  if (!route.ok()) return base::damaged_record(entry.key, base::message_of(route.status()));
  return stored;
}

}  // namespace

HostRoutes::HostRoutes(store::Store& store, std::unique_ptr<KernelRoutes> kernel)
    : store_(store), kernel_(std::move(kernel)) {}

HostRoutes::~HostRoutes() = default;

absl::StatusOr<std::unique_ptr<HostRoutes>> HostRoutes::open(store::Store& store) {
  MEX_ASSIGN_OR_RETURN(auto kernel, KernelRoutes::open());
  return std::unique_ptr<HostRoutes>(new HostRoutes(store, std::move(kernel)));
}

absl::Status HostRoutes::restore() {
  const base::MutexLock lock(mutex_);
  MEX_RETURN_IF_ERROR(read(kHostRoutePrefix, operators_));
  MEX_RETURN_IF_ERROR(read(kClusterRoutePrefix, clusters_));
  // Before the table is read, so that no change falls in between.
  MEX_ASSIGN_OR_RETURN(auto events, KernelRouteEvents::open());
  reconcile();
  watcher_ = std::jthread([this, events = std::move(events)](const std::stop_token& stop) {
    while (events->wait(stop)) {
      const base::MutexLock change(mutex_);
      reconcile();
    }
  });
  return absl::OkStatus();
}

absl::Status HostRoutes::read(std::string_view prefix, Entries& entries) {
  MEX_ASSIGN_OR_RETURN(std::vector<StoredHostRoute> all,
                       store::read_all(store_, prefix, [&](const store::Entry& entry) {
                         return read_stored(entry, prefix);
                       }));
  for (StoredHostRoute& stored : all) {
    const std::string subnet = stored.route.subnet;
    entries[subnet] = {std::move(stored.route), std::move(stored.cluster_id), stored.is_wanted, ""};
  }
  return absl::OkStatus();
}

absl::Status HostRoutes::keep(std::string_view prefix, const Entries& entries) {
  store::Transaction transaction;
  for (const auto& [subnet, entry] : entries) {
    transaction.put(host_route_key(prefix, subnet),
                    to_json(StoredHostRoute{entry.route, entry.cluster_id, entry.is_wanted}));
  }
  return store_.commit(transaction).status();
}

bool HostRoutes::is_wanted(const Entries& entries, const std::string& subnet) {
  const auto found = entries.find(subnet);
  return found != entries.end() && found->second.is_wanted;
}

// Makes the kernel's table equal to the entries.
void HostRoutes::reconcile() {
  if (const absl::Status adopted = adopt_needed(); !adopted.ok()) {
    log::error("routes to clusters were not stored", {{"status", adopted}});
  }
  if (const absl::Status swept = sweep_unwanted(); !swept.ok()) {
    log::warning("a route of the host was not removed", {{"status", swept}});
  }
  const auto present = kernel_->list().value_or(std::vector<KernelRoute>());
  for (auto& [subnet, entry] : operators_) activate(entry, present);
  for (auto& [subnet, entry] : clusters_) {
    if (!is_wanted(operators_, subnet)) {
      activate(entry, present);
    } else if (entry.is_wanted) {
      entry.problem =
          fmt::format("{}: the operator has a route to the same subnet", to_string(entry.route));
    }
  }
}

// A problem is logged when it comes or changes, not at every event.
void HostRoutes::activate(Entry& entry, const std::vector<KernelRoute>& present) {
  if (!entry.is_wanted || is_active(entry.route, present)) {
    entry.problem.clear();
    return;
  }
  const absl::Status status = kernel_->add(entry.route);
  std::string problem(status.ok() ? "" : base::message_of(status));
  if (problem.empty()) {
    log::info("route of the host put in force", {{"route", to_string(entry.route)}});
  } else if (problem != entry.problem) {
    log::warning("route of the host is not in force", {{"reason", problem}});
  }
  entry.problem = std::move(problem);
}

absl::StatusOr<HostRoutes::Entries> HostRoutes::check(const std::vector<HostRoute>& routes) const {
  Entries added;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    MEX_ASSIGN_OR_RETURN(HostRoute route, normalized(routes[i], field_of(i)));
    const std::string subnet = route.subnet;
    added.insert_or_assign(subnet, Entry{std::move(route), "", true, ""});
  }
  return added;
}

absl::Status HostRoutes::add(const std::vector<HostRoute>& routes) {
  const base::MutexLock lock(mutex_);
  MEX_ASSIGN_OR_RETURN(const Entries added, check(routes));
  if (added.empty()) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(keep(kHostRoutePrefix, added));
  for (const auto& [subnet, entry] : added) {
    if (const absl::Status status = kernel_->add(entry.route); !status.ok()) {
      undo(added);
      return status;
    }
  }
  for (const auto& [subnet, entry] : added) {
    log::info("route of the host added", {{"route", to_string(entry.route)}});
    operators_.insert_or_assign(subnet, entry);
  }
  reconcile();  // the agent's own route to the same subnet gives way
  return absl::OkStatus();
}

// Restores store and kernel. operators_ still has the previous routes.
void HostRoutes::undo(const Entries& added) {
  Entries before;
  std::vector<std::string> made;
  for (const auto& [subnet, entry] : added) {
    const auto previous = operators_.find(subnet);
    if (previous == operators_.end()) {
      operators_.emplace(subnet, entry);
      made.push_back(subnet);
    } else {
      before.insert(*previous);
    }
  }
  absl::Status status = drop(made);
  if (status.ok() && !before.empty()) status = keep(kHostRoutePrefix, before);
  reconcile();
  if (!status.ok()) log::error("routes of the host were not put back", {{"status", status}});
}

absl::Status HostRoutes::remove(const std::vector<HostRoute>& routes) {
  const base::MutexLock lock(mutex_);
  std::vector<std::string> subnets;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    // What else is said of the route does not matter, and need not be said.
    HostRoute named{.subnet = routes[i].subnet, .gateway = "", .device = "any"};
    MEX_ASSIGN_OR_RETURN(named, normalized(named, field_of(i)));
    MEX_RETURN_IF_ERROR(check_removable(named.subnet, field_of(i)));
    subnets.push_back(std::move(named.subnet));
  }
  if (subnets.empty()) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(drop(subnets));
  reconcile();  // the agent may need its own route where the operator's was
  return absl::OkStatus();
}

absl::Status HostRoutes::check_removable(const std::string& subnet,
                                         const std::string& field) const {
  if (operators_.contains(subnet)) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(
      base::annotate(store_.check_readable(host_route_key(kHostRoutePrefix, subnet)), field));
  const auto own = clusters_.find(subnet);
  if (own == clusters_.end()) {
    return base::error(absl::StatusCode::kNotFound, "{}.subnet: no route to {} was added here",
                       field, subnet);
  }
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "{}.subnet: the route to {} is the agent's own way to cluster {} and goes "
                     "with the cluster",
                     field, subnet, own->second.cluster_id);
}

absl::Status HostRoutes::drop(const std::vector<std::string>& subnets) {
  Entries leaving;
  for (const std::string& subnet : subnets) {
    leaving[subnet] = operators_.at(subnet);
    leaving[subnet].is_wanted = false;
  }
  if (leaving.empty()) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(keep(kHostRoutePrefix, leaving));
  for (const auto& [subnet, entry] : leaving) operators_[subnet] = entry;
  return sweep_unwanted();
}

absl::Status HostRoutes::sweep_unwanted() {
  MEX_RETURN_IF_ERROR(sweep(kHostRoutePrefix, operators_));
  return sweep(kClusterRoutePrefix, clusters_);
}

// Removes routes from the kernel first and then from the store. A route to a subnet that the
// operator or a cluster still wants stays in the kernel.
absl::Status HostRoutes::sweep(std::string_view prefix, Entries& entries) {
  store::Transaction gone;
  std::vector<std::string> subnets;
  for (const auto& [subnet, entry] : entries) {
    if (entry.is_wanted) continue;
    const bool is_still_wanted = is_wanted(operators_, subnet) || is_wanted(clusters_, subnet);
    if (!is_still_wanted) MEX_RETURN_IF_ERROR(kernel_->remove(entry.route));
    const std::string key = host_route_key(prefix, subnet);
    if (!store_.is_set_aside(key)) gone.erase(key);
    subnets.push_back(subnet);
  }
  if (!gone.empty()) MEX_RETURN_IF_ERROR(store_.commit(gone).status());
  for (const std::string& subnet : subnets) {
    log::info("route of the host removed", {{"subnet", subnet}});
    entries.erase(subnet);
  }
  return absl::OkStatus();
}

void HostRoutes::use_cluster_routes(const std::vector<ClusterRoute>& routes) {
  const base::MutexLock lock(mutex_);
  Entries needed;
  for (const ClusterRoute& each : routes) {
    if (!each.subnet.empty()) {
      add_needed(each, needed);
      continue;
    }
    for (const auto& [subnet, entry] : clusters_) {
      if (entry.is_wanted && entry.cluster_id == each.cluster_id) needed.emplace(subnet, entry);
    }
  }
  needed_by_clusters_ = std::move(needed);
  reconcile();
}

void HostRoutes::add_needed(const ClusterRoute& wanted, Entries& needed) const {
  HostRoute route{.subnet = wanted.subnet, .gateway = wanted.gateway, .device = ""};
  if (wanted.gateway.empty()) {
    const auto previous = clusters_.find(wanted.subnet);
    const bool is_known =
        previous != clusters_.end() && previous->second.cluster_id == wanted.cluster_id;
    if (!is_known) return;
    route = previous->second.route;
  }
  auto checked = normalized(route, wanted.cluster_id);
  if (!checked.ok()) {
    return log::error("a cluster cannot be reached", {{"reason", checked.status()}});
  }
  std::string subnet = checked->subnet;
  needed.emplace(std::move(subnet), Entry{*std::move(checked), wanted.cluster_id, true, ""});
}

// Stores what the clusters need now, and what they do not need any more as unwanted.
absl::Status HostRoutes::adopt_needed() {
  if (!needed_by_clusters_) return absl::OkStatus();
  Entries changed;
  for (const auto& [subnet, entry] : *needed_by_clusters_) {
    const auto previous = clusters_.find(subnet);
    const bool is_there = previous != clusters_.end() && previous->second.is_wanted &&
                          previous->second.route == entry.route &&
                          previous->second.cluster_id == entry.cluster_id;
    if (!is_there) changed.emplace(subnet, entry);
  }
  for (const auto& [subnet, entry] : clusters_) {
    if (!entry.is_wanted || needed_by_clusters_->contains(subnet)) continue;
    changed.emplace(subnet, entry).first->second.is_wanted = false;
  }
  if (changed.empty()) return absl::OkStatus();
  // The route of a record that is set aside is made all the same; only it is not kept.
  Entries kept = changed;
  std::erase_if(kept, [&](const auto& each) {
    return store_.is_set_aside(host_route_key(kClusterRoutePrefix, each.first));
  });
  if (!kept.empty()) MEX_RETURN_IF_ERROR(keep(kClusterRoutePrefix, kept));
  for (auto& [subnet, entry] : changed) clusters_.insert_or_assign(subnet, std::move(entry));
  return absl::OkStatus();
}

std::vector<HostRouteView> HostRoutes::list() const {
  const base::MutexLock lock(mutex_);
  std::map<std::string, std::vector<HostRouteView>> by_subnet;
  for (const Entries* entries : {&operators_, &clusters_}) {
    for (const auto& [subnet, entry] : *entries) {
      by_subnet[subnet].push_back(
          {entry.route, entry.cluster_id, entry.is_wanted ? entry.problem : "is being removed"});
    }
  }
  std::vector<HostRouteView> views;
  for (auto& [subnet, both] : by_subnet) {
    views.insert(views.end(), std::make_move_iterator(both.begin()),
                 std::make_move_iterator(both.end()));
  }
  return views;
}

std::vector<base::Ipv4Block> HostRoutes::other_networks() const {
  const base::MutexLock lock(mutex_);
  std::vector<base::Ipv4Block> networks;
  const auto add = [&networks](std::string_view subnet) {
    const auto block = base::parse_ipv4_block(subnet);
    if (block && block->prefix_length > 0) networks.push_back(*block);
  };
  for (const KernelRoute& route : kernel_->list().value_or(std::vector<KernelRoute>())) {
    if (!route.is_ours) add(route.route.subnet);
  }
  for (const auto& [subnet, entry] : operators_) {
    if (entry.is_wanted) add(subnet);
  }
  return networks;
}

absl::StatusOr<std::string> HostRoutes::table() const {
  const base::MutexLock lock(mutex_);
  MEX_ASSIGN_OR_RETURN(const std::vector<KernelRoute> routes, kernel_->list());
  std::string table;
  for (const KernelRoute& route : routes) {
    table += route.text;
    const auto own = clusters_.find(route.route.subnet);
    const bool is_own =
        route.is_ours && own != clusters_.end() && !is_wanted(operators_, own->first);
    if (is_own) table += " cluster " + own->second.cluster_id;
    table += '\n';
  }
  for (const Entries* entries : {&operators_, &clusters_}) {
    for (const auto& [subnet, entry] : *entries) {
      if (!entry.problem.empty()) table += "not in force: " + entry.problem + "\n";
    }
  }
  return table;
}

}  // namespace mex::routing
