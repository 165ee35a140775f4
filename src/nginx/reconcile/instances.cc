#include "nginx/reconcile/instances.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/json_text.h"
#include "base/log.h"
#include "base/status.h"
#include "nginx/model/instance_check.h"
#include "nginx/model/stored_instance.h"
#include "nginx/reconcile/instance_subject.h"
#include "store/store.h"

namespace mex::nginx {
namespace {

constexpr std::chrono::seconds kInForcePatience{15};
// Where the original put its extra server.
constexpr std::uint16_t kFirstStatusPort = 64333;
constexpr std::uint16_t kLastStatusPort = 64932;

bool has_tcp_port(const Instance& instance, std::uint16_t number) {
  return std::any_of(instance.ports.begin(), instance.ports.end(),
                     [&](const Port& port) { return port.external == number && !is_udp(port); });
}

}  // namespace

Instances::Instances(InstancesContext setup)
    : retired_(std::move(setup.obsolete_runtimes)),
      setup_(std::move(setup)),
      addresses_(*setup_.policy, *setup_.clock),
      health_(*setup_.clock),
      users_(*setup_.store, setup_.user_files) {}

Instances::~Instances() {
  keeper_.request_stop();
  if (keeper_.joinable()) keeper_.join();
}

absl::Status Instances::restore() {
  MEX_ASSIGN_OR_RETURN(const std::vector<store::Entry> stored, setup_.store->list(kInstancePrefix));
  Entries entries;
  for (const store::Entry& each : stored) {
    auto decoded = instance_from_json(each.value, each.key);
    if (!decoded.ok()) return decoded.status();
    const std::string name = full_name(decoded->instance.kind, decoded->instance.name);
    Entry& entry = entries[name];
    entry.instance = std::move(decoded->instance);
    entry.status_port = decoded->status_port;
    entry.changed_at = decoded->changed_at;
    if (setup_.runtime == nullptr) entry.problem = base::message_of(setup_.no_runtime);
  }
  {
    const std::scoped_lock lock(change_mutex_, entries_mutex_);
    entries_ = std::move(entries);
  }
  keeper_ = std::jthread([this](const std::stop_token& stop) { run_reconciler(stop); });
  return absl::OkStatus();
}

RenderContext Instances::surroundings_of(const Instance& instance,
                                         std::uint16_t status_port) const {
  const RuntimeLayout place = setup_.runtime->place();
  RenderContext surroundings{
      .preamble = place.preamble,
      .error_log = place.error_log,
      .session_log = place.session_log,
      .status_listen = setup_.runtime->status_listen(instance.network, status_port),
      .has_ipv6 = false,
      .local_addresses = {}};
  if (!instance.network.empty()) return surroundings;
  surroundings.local_addresses = local_addresses();
  const auto& all = surroundings.local_addresses;
  surroundings.has_ipv6 = std::any_of(all.begin(), all.end(), [](const std::string& address) {
    return address.find(':') != std::string::npos;
  });
  return surroundings;
}

absl::Status Instances::lead_to_cluster(Instance& instance) const {
  if (!setup_.cluster_api) return absl::NotFoundError("this agent has no clusters");
  MEX_ASSIGN_OR_RETURN(instance.api, setup_.cluster_api(instance.cluster));
  MEX_RETURN_IF_ERROR(check(instance.api));
  instance.ports.front().origins = instance.api.masters;
  return absl::OkStatus();
}

// With all that is not kept with it: the way to its cluster, who may come in, what its origins'
// names stand for.
absl::StatusOr<Instance> Instances::completed(Instance instance) {
  if (instance.leads_to_cluster()) MEX_RETURN_IF_ERROR(lead_to_cluster(instance));
  if (instance.kind == Kind::KubernetesProxy) {
    MEX_ASSIGN_OR_RETURN(instance.users, users_.list());
  }
  return addresses_.resolved(std::move(instance));
}

absl::StatusOr<RenderedDeployment> Instances::generated(const Entry& entry) {
  MEX_ASSIGN_OR_RETURN(Instance resolved, completed(entry.instance));
  health_.run_reconciler(full_name(resolved.kind, resolved.name), resolved);
  std::optional<CertificatePair> certificate;
  if (needs_certificate(resolved)) {
    auto pair = setup_.certificate();
    if (!pair.ok()) {
      return base::error(absl::StatusCode::kFailedPrecondition, "while creating nginx {}, {}",
                         entry.instance.name, base::message_of(pair.status()));
    }
    certificate = *std::move(pair);
  }
  RenderedDeployment result =
      generate(resolved, surroundings_of(resolved, entry.status_port), certificate);
  result.deployment.status_port = entry.status_port;
  return result;
}

absl::Status Instances::check_ports(const Instance& instance, const Entry* former) {
  TakenPorts taken;
  taken.reserved = setup_.reserved;
  MEX_ASSIGN_OR_RETURN(taken.listeners, listening_ports());
  for (const auto& [name, entry] : entries_) taken.instances.push_back(&entry.instance);
  auto resolved = completed(instance);
  if (absl::IsNotFound(resolved.status())) {
    return base::field_error("cluster", base::message_of(resolved.status()));
  }
  MEX_RETURN_IF_ERROR(resolved.status());
  return check_ports_free(*resolved, former == nullptr ? nullptr : &former->instance,
                          surroundings_of(*resolved, 0), taken);
}

absl::StatusOr<std::uint16_t> Instances::choose_status_port() const {
  MEX_ASSIGN_OR_RETURN(const std::vector<Listener> listeners, listening_ports());
  for (std::uint16_t port = kFirstStatusPort; port <= kLastStatusPort; ++port) {
    const bool is_taken =
        std::any_of(entries_.begin(), entries_.end(),
                    [&](const auto& each) {
                      return each.second.status_port == port ||
                             has_tcp_port(each.second.instance, port);
                    }) ||
        std::any_of(listeners.begin(), listeners.end(), [&](const Listener& listener) {
          return !listener.udp && listener.address.port() == port;
        });
    if (!is_taken) return port;
  }
  return base::error(absl::StatusCode::kResourceExhausted,
                     "no port from {} to {} is free for the status of another instance",
                     kFirstStatusPort, kLastStatusPort);
}

absl::Status Instances::activate(const RenderedDeployment& wanted, std::uint16_t status_port) {
  MEX_RETURN_IF_ERROR(setup_.runtime->apply(wanted.deployment));
  return await(wanted, status_port);
}

// A start or a reload is over when the status server tells the new generation: by then all new
// ports are open; and when no worker with the former one takes connections any more.
absl::Status Instances::await(const RenderedDeployment& wanted, std::uint16_t status_port) {
  const std::string& name = wanted.deployment.name;
  const StatusPage page = setup_.runtime->status_page(name, status_port);
  const base::SteadyTime deadline = setup_.clock->steady_now() + kInForcePatience;
  std::chrono::milliseconds pause{2};
  bool is_there = false;
  while (true) {
    is_there = is_there || page.generation().value_or("") == wanted.generation;
    if (is_there && !setup_.runtime->is_reloading(name)) return absl::OkStatus();
    if (const std::string last_error = setup_.runtime->last_error(name); !last_error.empty()) {
      return base::error(absl::StatusCode::kFailedPrecondition, "nginx says: {}", last_error);
    }
    if (keeper_.get_stop_token().stop_requested()) return absl::CancelledError("the agent ends");
    if (setup_.clock->steady_now() > deadline) {
      return base::error(absl::StatusCode::kUnavailable,
                         "nginx did not take over its configuration within {} seconds",
                         kInForcePatience.count());
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(50));
  }
}

absl::Status Instances::keep(const Entry& entry) {
  store::Transaction transaction;
  transaction.put(instance_key(entry.instance),
                  to_json(StoredInstance{entry.instance, entry.status_port, entry.changed_at}));
  return setup_.store->commit(transaction).status();
}

absl::Status Instances::add(const Instance& instance) {
  MEX_RETURN_IF_ERROR(check(instance));
  if (setup_.runtime == nullptr) return setup_.no_runtime;
  if (!instance.network.empty() && !setup_.runtime->has_networks()) {
    return base::field_error("network",
                             "there are container networks only where an engine runs the "
                             "instances (-nginx_runtime docker)");
  }
  if (instance.kind == Kind::KubernetesProxy) {
    MEX_ASSIGN_OR_RETURN(const std::vector<User> users, users_.list());
    if (users.empty()) {
      return base::error(absl::StatusCode::kFailedPrecondition,
                         "no htpasswd file: nobody could come in. PUT /v1/nginx-users/NAME makes "
                         "a user");
    }
  }
  const std::lock_guard one_change_at_a_time(change_mutex_);
  const std::string name = full_name(instance.kind, instance.name);
  const auto found = entries_.find(name);
  const Entry* former = found == entries_.end() ? nullptr : &found->second;
  MEX_RETURN_IF_ERROR(check_ports(instance, former));
  Entry entry = former == nullptr ? Entry() : *former;
  entry.instance = instance;
  entry.changed_at = setup_.clock->wall_now();
  entry.problem.clear();
  entry.failures = 0;
  entry.next_attempt = {};
  if (setup_.runtime->needs_status_port() && entry.status_port == 0) {
    MEX_ASSIGN_OR_RETURN(entry.status_port, choose_status_port());
  }
  MEX_ASSIGN_OR_RETURN(const RenderedDeployment wanted, generated(entry));
  MEX_RETURN_IF_ERROR(keep(entry));
  if (const absl::Status status = activate(wanted, entry.status_port); !status.ok()) {
    undo(name, former);
    return status;
  }
  // Its life is read by the next look.
  entry.generation = wanted.generation;
  entry.run_id.clear();
  log::info("nginx instance in force",
            {{"instance", name}, {"ports", instance.ports.size()}, {"new", former == nullptr}});
  setup_.events.normal(subject_of(instance), former == nullptr ? "Added" : "Changed",
                       fmt::format("in force with {} ports", instance.ports.size()));
  const std::lock_guard lock(entries_mutex_);
  entries_.insert_or_assign(name, std::move(entry));
  return absl::OkStatus();
}

// Store and runtime as they were before. What fails here is tried again by the keeper.
void Instances::undo(const std::string& name, const Entry* former) {
  if (former != nullptr) {
    if (const absl::Status status = keep(*former); !status.ok()) {
      log::error("an nginx instance was not put back", {{"instance", name}, {"status", status}});
    }
    const std::lock_guard lock(entries_mutex_);
    entries_.at(name).run_id.clear();
    entries_.at(name).generation.clear();
    return wake_.notify_all();
  }
  absl::Status status = setup_.runtime->remove(name);
  store::Transaction transaction;
  transaction.erase(std::string(kInstancePrefix) + name);
  status.Update(setup_.store->commit(transaction).status());
  if (!status.ok()) {
    log::error("an nginx instance was not undone", {{"instance", name}, {"status", status}});
  }
}

absl::Status Instances::remove(Kind kind, const std::string& name) {
  const std::lock_guard one_change_at_a_time(change_mutex_);
  const std::string full = full_name(kind, name);
  const auto found = entries_.find(full);
  if (found == entries_.end()) return absl::OkStatus();
  const events::Subject subject = subject_of(found->second.instance);
  store::Transaction transaction;
  transaction.erase(instance_key(found->second.instance));
  MEX_RETURN_IF_ERROR(setup_.store->commit(transaction).status());
  {
    const std::lock_guard lock(entries_mutex_);
    entries_.erase(found);
  }
  setup_.events.normal(subject, "Removed", "its ports are closed");
  if (setup_.runtime == nullptr) return absl::OkStatus();
  if (const absl::Status status = setup_.runtime->remove(full); !status.ok()) {
    return base::annotate(status, "the instance is deleted, but may still run until the next try");
  }
  log::info("nginx instance removed", {{"instance", full}});
  return absl::OkStatus();
}

std::vector<InstanceView> Instances::list(Kind kind) const {
  const std::lock_guard lock(entries_mutex_);
  std::vector<InstanceView> views;
  for (const auto& [name, entry] : entries_) {
    if (entry.instance.kind == kind) views.push_back(view_of(entry));
  }
  return views;
}

absl::StatusOr<InstanceView> Instances::get(Kind kind, const std::string& name) const {
  const std::lock_guard lock(entries_mutex_);
  const auto found = entries_.find(full_name(kind, name));
  if (found != entries_.end()) return view_of(found->second);
  return base::error(absl::StatusCode::kNotFound, "there is no nginx instance {}",
                     base::quoted(name));
}

InstanceView Instances::view_of(const Entry& entry) const {
  return {.instance = entry.instance,
          .changed_at = entry.changed_at,
          .problem = entry.problem,
          .active_connections = entry.active_connections,
          .traffic = entry.traffic,
          .health = health_.view(full_name(entry.instance.kind, entry.instance.name))};
}

std::string_view Instances::runtime_kind() const {
  return setup_.runtime == nullptr ? "" : setup_.runtime->kind();
}

}  // namespace mex::nginx
