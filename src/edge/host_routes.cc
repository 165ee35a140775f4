#include "edge/host_routes.h"

#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "edge/kernel_route_events.h"
#include "edge/stored_host_route.h"
#include "store/store.h"

namespace mex::edge {
namespace {

std::string field_of(std::size_t index) { return fmt::format("routes[{}]", index); }

}  // namespace

HostRoutes::HostRoutes(store::Store& store, std::unique_ptr<KernelRoutes> kernel)
    : store_(store), kernel_(std::move(kernel)) {}

HostRoutes::~HostRoutes() = default;

absl::StatusOr<std::unique_ptr<HostRoutes>> HostRoutes::open(store::Store& store) {
  MEX_ASSIGN_OR_RETURN(auto kernel, KernelRoutes::open());
  return std::unique_ptr<HostRoutes>(new HostRoutes(store, std::move(kernel)));
}

absl::Status HostRoutes::restore() {
  const std::lock_guard lock(mutex_);
  MEX_ASSIGN_OR_RETURN(const std::vector<store::Entry> stored, store_.list(kHostRoutePrefix));
  for (const store::Entry& each : stored) {
    auto decoded = decode_host_route(each.value);
    if (!decoded.ok()) return base::annotate(decoded.status(), each.key);
    const std::string subnet = decoded->route.subnet;
    entries_[subnet] = {std::move(decoded->route), decoded->is_wanted, ""};
  }
  // Before the table is read, so that no change falls in between.
  MEX_ASSIGN_OR_RETURN(auto events, KernelRouteEvents::open());
  settle();
  watcher_ = std::jthread([this, events = std::move(events)](const std::stop_token& stop) {
    while (events->wait(stop)) {
      const std::lock_guard change(mutex_);
      settle();
    }
  });
  return absl::OkStatus();
}

// Makes the kernel's table what the entries say. A problem is logged when it comes or changes, not
// at every event.
void HostRoutes::settle() {
  if (const absl::Status swept = sweep_unwanted(); !swept.ok()) {
    log::warning("a route of the host was not removed", {{"status", swept}});
  }
  const auto present = kernel_->list();
  for (auto& [subnet, entry] : entries_) {
    if (!entry.is_wanted || (present.ok() && is_in_force(entry.route, *present))) {
      entry.problem.clear();
      continue;
    }
    const absl::Status status = kernel_->add(entry.route);
    std::string problem(status.ok() ? "" : base::message_of(status));
    if (problem.empty()) {
      log::info("route of the host put in force", {{"route", to_text(entry.route)}});
    } else if (problem != entry.problem) {
      log::warning("route of the host is not in force", {{"reason", problem}});
    }
    entry.problem = std::move(problem);
  }
}

absl::StatusOr<HostRoutes::Entries> HostRoutes::check(const std::vector<HostRoute>& routes) const {
  Entries added;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    MEX_ASSIGN_OR_RETURN(HostRoute route, normalized(routes[i], field_of(i)));
    const std::string subnet = route.subnet;
    added.insert_or_assign(subnet, Entry{std::move(route), true, ""});
  }
  return added;
}

absl::Status HostRoutes::keep(const Entries& entries) {
  store::Transaction transaction;
  for (const auto& [subnet, entry] : entries) {
    transaction.put(host_route_key(subnet), encode_host_route({entry.route, entry.is_wanted}));
  }
  return store_.commit(transaction).status();
}

absl::Status HostRoutes::add(const std::vector<HostRoute>& routes) {
  const std::lock_guard lock(mutex_);
  MEX_ASSIGN_OR_RETURN(const Entries added, check(routes));
  if (added.empty()) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(keep(added));
  for (const auto& [subnet, entry] : added) {
    if (const absl::Status status = kernel_->add(entry.route); !status.ok()) {
      undo(added);
      return status;
    }
  }
  for (const auto& [subnet, entry] : added) {
    log::info("route of the host added", {{"route", to_text(entry.route)}});
    entries_.insert_or_assign(subnet, entry);
  }
  return absl::OkStatus();
}

// Store and kernel as they were before. What was there is still in entries_.
void HostRoutes::undo(const Entries& added) {
  Entries before;
  std::vector<std::string> made;
  for (const auto& [subnet, entry] : added) {
    const auto former = entries_.find(subnet);
    if (former == entries_.end()) {
      entries_.emplace(subnet, entry);
      made.push_back(subnet);
    } else {
      before.insert(*former);
    }
  }
  absl::Status status = drop(made);
  if (status.ok() && !before.empty()) status = keep(before);
  settle();
  if (!status.ok()) log::error("routes of the host were not put back", {{"status", status}});
}

absl::Status HostRoutes::remove(const std::vector<HostRoute>& routes) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> subnets;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    // What else is said of the route does not matter, and need not be said.
    HostRoute named{.subnet = routes[i].subnet, .gateway = "", .device = "any"};
    MEX_ASSIGN_OR_RETURN(named, normalized(named, field_of(i)));
    if (!entries_.contains(named.subnet)) {
      return base::error(absl::StatusCode::kNotFound,
                         "{}.subnet: no route to {} was added by this agent", field_of(i),
                         named.subnet);
    }
    subnets.push_back(std::move(named.subnet));
  }
  return subnets.empty() ? absl::OkStatus() : drop(subnets);
}

absl::Status HostRoutes::drop(const std::vector<std::string>& subnets) {
  Entries leaving;
  for (const std::string& subnet : subnets) {
    leaving[subnet] = entries_.at(subnet);
    leaving[subnet].is_wanted = false;
  }
  if (leaving.empty()) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(keep(leaving));
  for (const auto& [subnet, entry] : leaving) entries_[subnet] = entry;
  return sweep_unwanted();
}

// Out of the kernel, and only then out of the store.
absl::Status HostRoutes::sweep_unwanted() {
  store::Transaction gone;
  std::vector<std::string> subnets;
  for (const auto& [subnet, entry] : entries_) {
    if (entry.is_wanted) continue;
    MEX_RETURN_IF_ERROR(kernel_->remove(entry.route));
    gone.erase(host_route_key(subnet));
    subnets.push_back(subnet);
  }
  if (gone.empty()) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(store_.commit(gone).status());
  for (const std::string& subnet : subnets) {
    log::info("route of the host removed", {{"subnet", subnet}});
    entries_.erase(subnet);
  }
  return absl::OkStatus();
}

std::vector<HostRouteView> HostRoutes::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<HostRouteView> views;
  for (const auto& [subnet, entry] : entries_) {
    views.push_back({entry.route, entry.is_wanted ? entry.problem : "is being removed"});
  }
  return views;
}

absl::StatusOr<std::string> HostRoutes::kernel_table() const {
  MEX_ASSIGN_OR_RETURN(const std::vector<KernelRoute> routes, kernel_->list());
  std::string table;
  for (const KernelRoute& route : routes) table += route.text + "\n";
  return table;
}

}  // namespace mex::edge
