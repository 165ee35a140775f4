#include "nginx/reconcile/instances.h"

#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "base/json_text.h"
#include "base/log.h"
#include "base/status.h"
#include "nginx/model/instance_check.h"
#include "nginx/reconcile/activation.h"
#include "nginx/reconcile/instance_subject.h"
#include "nginx/reconcile/status_port.h"

namespace mex::nginx {
namespace {

StoredInstance stored(const InstanceEntry& entry) {
  return {entry.instance, entry.status_port, entry.changed_at, entry.known_addresses};
}

absl::Status being_changed(const std::string& name) {
  return base::error(absl::StatusCode::kAborted,
                     "the nginx instance {} is being changed by another call; read it again",
                     base::quoted(name));
}

}  // namespace

Instances::Instances(InstancesContext context)
    : context_(std::move(context)),
      store_(*context_.store),
      users_(*context_.store, context_.user_files),
      health_(*context_.clock),
      resolver_(context_, users_),
      reconciler_({.instances = context_,
                   .changes = changes_,
                   .table = table_,
                   .store = store_,
                   .resolver = resolver_,
                   .health = health_},
                  std::move(context_.obsolete_runtimes)) {}

absl::Status Instances::restore() {
  MEX_ASSIGN_OR_RETURN(std::vector<StoredInstance> all, store_.list());
  const ChangeHold one_change_at_a_time(changes_);
  for (StoredInstance& each : all) {
    resolver_.remember(each.known_addresses);
    InstanceEntry entry{.instance = std::move(each.instance),
                        .status_port = each.status_port,
                        .changed_at = each.changed_at,
                        .known_addresses = std::move(each.known_addresses),
                        .state = {},
                        .active_connections = 0,
                        .traffic = {}};
    if (context_.runtime == nullptr) entry.state.problem = base::message_of(context_.no_runtime);
    const std::string name = full_name(entry.instance.kind, entry.instance.name);
    table_.put(name, std::move(entry));
  }
  // Read whenever an instance asks for a password: here so that one that cannot be read is known.
  MEX_RETURN_IF_ERROR(users_.list().status());
  reconciler_.start();
  return absl::OkStatus();
}

absl::Status Instances::check_addable(const Instance& instance) const {
  MEX_RETURN_IF_ERROR(check(instance));
  if (context_.runtime == nullptr) return context_.no_runtime;
  if (!instance.network.empty() && !context_.runtime->has_networks()) {
    return base::field_error("network",
                             "there are container networks only where an engine runs the "
                             "instances (-nginx_runtime docker)");
  }
  if (instance.kind != Kind::KubernetesProxy) return absl::OkStatus();
  MEX_ASSIGN_OR_RETURN(const std::vector<User> users, users_.list());
  if (!users.empty()) return absl::OkStatus();
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "no htpasswd file: no user could log in. PUT /v1/nginx-users/NAME makes "
                     "a user");
}

absl::StatusOr<ResolvedInstance> Instances::resolve(const Instance& instance) {
  auto resolved = resolver_.resolve_all(instance);
  if (absl::IsNotFound(resolved.status())) {
    return base::field_error("cluster", base::message_of(resolved.status()));
  }
  return resolved;
}

absl::Status Instances::check_ports(const ResolvedInstance& resolved,
                                    const InstanceEntry* previous) const {
  TakenPorts taken;
  taken.reserved = context_.reserved;
  taken.unreadable = store_.unreadable_ports();
  MEX_ASSIGN_OR_RETURN(taken.listeners, listening_ports());
  const std::vector<InstanceEntry> entries = table_.all();
  for (const InstanceEntry& entry : entries) taken.instances.push_back(&entry.instance);
  return check_ports_free(resolved, previous == nullptr ? nullptr : &previous->instance,
                          render_context(*context_.runtime, resolved.desired, 0), taken);
}

absl::Status Instances::busy() const {
  return base::error(absl::StatusCode::kUnavailable,
                     "busy: another change of nginx instances is not done within {} seconds; "
                     "nothing was changed, try later",
                     std::chrono::duration_cast<std::chrono::seconds>(context_.max_wait).count());
}

absl::Status Instances::add(const Instance& instance) {
  MEX_RETURN_IF_ERROR(check_addable(instance));
  const std::string name = full_name(instance.kind, instance.name);
  const auto claim = under_way_.claim(name);
  if (!claim) return being_changed(instance.name);
  if (!changes_.try_lock_for(context_.max_wait)) return busy();
  const ChangeHold one_change_at_a_time(changes_, std::adopt_lock);
  return put_active(instance, name);
}

absl::Status Instances::put_active(const Instance& instance, const std::string& name) {
  MEX_RETURN_IF_ERROR(store_.check_readable(name));
  const std::optional<InstanceEntry> found = table_.find(name);
  const InstanceEntry* previous = found ? &*found : nullptr;
  MEX_ASSIGN_OR_RETURN(ResolvedInstance resolved, resolve(instance));
  MEX_RETURN_IF_ERROR(check_ports(resolved, previous));
  InstanceEntry entry = previous == nullptr ? InstanceEntry() : *previous;
  entry.instance = instance;
  entry.changed_at = context_.clock->wall_now();
  entry.known_addresses = known_addresses(resolved);
  Runtime& runtime = *context_.runtime;
  if (runtime.needs_status_port() && entry.status_port == 0) {
    MEX_ASSIGN_OR_RETURN(const std::vector<Listener> listeners, listening_ports());
    MEX_ASSIGN_OR_RETURN(entry.status_port, choose_status_port(table_.all(), listeners));
  }
  health_.mark_down(resolved);
  MEX_RETURN_IF_ERROR(resolver_.add_certificate(resolved));
  const RenderedDeployment rendered = render_for(runtime, resolved, entry.status_port);
  MEX_RETURN_IF_ERROR(store_.put(stored(entry)));
  const absl::Status status =
      activate(runtime, rendered, *context_.clock, reconciler_.stop_token());
  if (!status.ok()) {
    undo(entry, previous);
    return status;
  }
  health_.watch(name, resolved);
  // The reconciler's next look reads the run_id.
  entry.state = {.generation = rendered.generation};
  table_.put(name, std::move(entry));
  log::info("nginx instance is active",
            {{"instance", name}, {"ports", instance.ports.size()}, {"new", previous == nullptr}});
  context_.events.normal(subject_of(instance), previous == nullptr ? "Added" : "Changed",
                         fmt::format("active with {} ports", instance.ports.size()));
  return absl::OkStatus();
}

// Store and runtime as they were before. The reconciler tries again what fails here.
void Instances::undo(const InstanceEntry& entry, const InstanceEntry* previous) {
  const std::string name = full_name(entry.instance.kind, entry.instance.name);
  if (previous != nullptr) {
    if (const absl::Status status = store_.put(stored(*previous)); !status.ok()) {
      log::error("could not restore an nginx instance", {{"instance", name}, {"status", status}});
    }
    table_.update(name, [](InstanceEntry& kept) {
      kept.state.run_id.clear();
      kept.state.generation.clear();
    });
    return reconciler_.wake();
  }
  absl::Status status = context_.runtime->remove(name);
  status.Update(store_.erase(entry.instance));
  if (!status.ok()) {
    log::error("could not undo an nginx instance", {{"instance", name}, {"status", status}});
  }
}

absl::Status Instances::remove(Kind kind, const std::string& name) {
  const std::string full = full_name(kind, name);
  const auto claim = under_way_.claim(full);
  if (!claim) return being_changed(name);
  if (!changes_.try_lock_for(context_.max_wait)) return busy();
  const ChangeHold one_change_at_a_time(changes_, std::adopt_lock);
  return remove_active(full);
}

absl::Status Instances::remove_active(const std::string& full) {
  const std::optional<InstanceEntry> found = table_.find(full);
  if (!found) return store_.check_readable(full);
  MEX_RETURN_IF_ERROR(store_.erase(found->instance));
  table_.erase(full);
  context_.events.normal(subject_of(found->instance), "Removed", "its ports are closed");
  if (context_.runtime == nullptr) return absl::OkStatus();
  if (const absl::Status status = context_.runtime->remove(full); !status.ok()) {
    return base::annotate(status, "the instance is deleted, but may still run until the next try");
  }
  log::info("removed nginx instance", {{"instance", full}});
  return absl::OkStatus();
}

std::vector<InstanceView> Instances::list(Kind kind) const {
  std::vector<InstanceView> views;
  for (const InstanceEntry& entry : table_.all()) {
    if (entry.instance.kind == kind) views.push_back(view_of(entry));
  }
  return views;
}

absl::StatusOr<InstanceView> Instances::get(Kind kind, const std::string& name) const {
  if (const auto found = table_.find(full_name(kind, name))) return view_of(*found);
  MEX_RETURN_IF_ERROR(store_.check_readable(full_name(kind, name)));
  return base::error(absl::StatusCode::kNotFound, "there is no nginx instance {}",
                     base::quoted(name));
}

InstanceView Instances::view_of(const InstanceEntry& entry) const {
  return {
      .instance = entry.instance,
      .changed_at = entry.changed_at,
      .problem = entry.state.problem,
      .is_stopping = entry.state.is_stopping,
      .origin_problems = entry.state.origin_problems,
      .active_connections = entry.active_connections,
      .traffic = entry.traffic,
      .health = health_.view(full_name(entry.instance.kind, entry.instance.name), entry.instance)};
}

std::string_view Instances::runtime_kind() const {
  return context_.runtime == nullptr ? "" : context_.runtime->kind();
}

}  // namespace mex::nginx
