#include "cluster/engine/cluster_engine.h"

#include <functional>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "cluster/engine/cluster_view.h"
#include "cluster/health/awaited_server.h"
#include "cluster/health/certificates.h"
#include "cluster/health/repair.h"
#include "cluster/plan/adoption.h"
#include "cluster/plan/change.h"

namespace mex::cluster {
namespace {

bool wants_kubernetes_sweep(const ClusterRecord& cluster, const ClusterCredentials& credentials,
                            OperationMachine& machine) {
  if (!credentials.can_call_api_server() || master_addresses(cluster).empty()) return false;
  return machine.awaited().has_kubernetes() || cluster.phase == ClusterPhase::Active;
}

Observation observation_of(const ClusterObservations& observed,
                           const ClusterCertificates& certificates,
                           const ClusterCredentials& credentials) {
  Observation observation = observed.view();
  observation.certificates = certificates.known(credentials);
  return observation;
}

void update_conditions(ClusterRecords& records, const Observation& observation,
                       const UnaskedRepairs& repairs, ClusterEvents& events,
                       const base::Clock& clock) {
  ClusterRecord& cluster = records.cluster();
  bool is_changed = update_conditions(cluster, observation, clock.wall_now());
  is_changed = repairs.update_condition(cluster.conditions) || is_changed;
  if (is_changed) records.mark_changed();
  events.emit_readiness(cluster);
  events.emit_certificates(cluster);
}

}  // namespace

ClusterEngine::ClusterEngine(EngineContext& context, ClusterRecord cluster,
                             OperationRecord operation, ClusterCredentials::Secrets secrets)
    : context_(context),
      id_(cluster.id),
      monitor_(context.cloud == nullptr ? nullptr : &context.observation.prober(),
               context.observation.queue(), context.timers, context.clock, context.timing),
      consoles_(context.observation.consoles(), context.clock, context.timing),
      calls_(context.executor, context.timers, context.pool, mutex_,
             [this] { return shared_from_this(); }),
      records_(
          [this](const store::Transaction& transaction) {
            return context_.store.commit(transaction).status();
          },
          context.history, std::move(cluster), std::move(operation)),
      credentials_(std::move(secrets), context.platform.user_data),
      events_(context.events, records_.cluster()),
      machine_({.clock = context.clock,
                .executor = calls_,
                .timers = calls_,
                .timing = context.timing,
                .agent_id = context.agent_id,
                .user_data = context.platform.user_data,
                .hooks = make_hooks()},
               records_, credentials_, events_),
      observed_(context.timing, context.clock, std::hash<std::string>{}(id_)),
      certificates_(context.clock),
      handshakes_(context.observation.handshakes()),
      repairs_(context, records_, credentials_, events_, observed_, machine_) {}

// The machine runs with the mutex held, and so do these.
OperationHooks ClusterEngine::make_hooks() {
  return {
      .outcome_applied =
          [this] {
            mutex_.assert_held();
            persist_changes();
          },
      .ending =
          [this] {
            mutex_.assert_held();
            update_conditions(records_, observation_of(observed_, certificates_, credentials_),
                              repairs_, events_, context_.clock);
            request_kubernetes_sweep(records_.cluster().spec.flavor.health_policy.probe_interval);
          },
      .await_servers = [this] { context_.request_sweep(); },
      .await_kubernetes =
          [this] {
            mutex_.assert_held();
            monitor_.request(weak_from_this(), {.lane = SweepLane::Awaited});
          },
      .endpoints_changed = [this] { context_.endpoints_changed(); },
      .destroyed =
          [this] {
            context_.pool.submit(
                [self = shared_from_this()](const auto&) { self->context_.forget(self->id_); });
          }};
}

void ClusterEngine::start(std::chrono::milliseconds pause) {
  const base::MutexLock lock(mutex_);
  if (std::exchange(has_begun_, true)) return;
  if (has_ended(records_.operation())) return request_kubernetes_sweep(pause);
  // Held as it was loaded: no node can be made, and nothing that works is touched.
  const bool is_held =
      !credentials_.status().ok() && records_.operation().kind != OperationKind::Destroy;
  if (!is_held) machine_.begin();
}

absl::StatusOr<NewOperation> ClusterEngine::prepare_retry(ClusterSpec spec) const {
  const base::MutexLock lock(mutex_);
  const ClusterRecord& cluster = records_.cluster();
  if (cluster.phase != ClusterPhase::Failed || !has_ended(records_.operation())) {
    return base::error(absl::StatusCode::kFailedPrecondition, "the cluster {} is {}",
                       cluster.spec.name, to_string(cluster.phase));
  }
  NewOperation retry{
      .cluster = cluster,
      .operation = records_.new_operation(OperationKind::Create, context_.clock.wall_now())};
  retry.cluster.spec = std::move(spec);
  keep_choices_in_use(retry.cluster, cluster);
  retry.cluster.phase = ClusterPhase::Creating;
  retry.cluster.reason = {};
  retry.cluster.operation_id = retry.operation.id;
  return retry;
}

void ClusterEngine::retry(NewOperation committed) {
  const base::MutexLock lock(mutex_);
  has_begun_ = true;
  records_.adopt(std::move(committed));
  machine_.begin();
}

absl::StatusOr<ClusterEngine::BegunOperation> ClusterEngine::change(
    OperationKind kind, std::string subject, std::optional<ChangeRequest> request,
    const Edit& edit) {
  const base::MutexLock lock(mutex_);
  const ClusterRecord& cluster = records_.cluster();
  if (cluster.phase != ClusterPhase::Active || !has_ended(records_.operation())) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the cluster {} of tenant {} is {}, with operation {} under way; try again "
                       "when that is done",
                       cluster.spec.name, cluster.spec.tenant, to_string(cluster.phase),
                       cluster.operation_id);
  }
  if (!cluster.spec.is_managed()) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the cluster {} of tenant {} is made by its servers' image (image_style "
                       "unmanaged): its nodes cannot be changed",
                       cluster.spec.name, cluster.spec.tenant);
  }
  MEX_RETURN_IF_ERROR(credentials_.status());
  MEX_ASSIGN_OR_RETURN(ClusterRecord changed, edit(cluster));
  // The caller waits for what is named here: it has to be one that succeeded.
  if (changed.spec == cluster.spec && !has_open_change(changed) &&
      records_.operation().state == OperationState::Done) {
    return BegunOperation{.id = cluster.operation_id, .already_satisfied = true};
  }
  OperationRecord operation = records_.new_operation(kind, context_.clock.wall_now());
  operation.subject = std::move(subject);
  operation.request = std::move(request);
  MEX_RETURN_IF_ERROR(records_.begin_change(std::move(changed), std::move(operation)));
  has_begun_ = true;
  machine_.begin();
  return BegunOperation{.id = cluster.operation_id, .already_satisfied = false};
}

absl::Status ClusterEngine::cancel(std::string_view operation_id) {
  const base::MutexLock lock(mutex_);
  OperationRecord& operation = records_.operation();
  if (operation.id != operation_id) {
    return base::error(absl::StatusCode::kNotFound,
                       "{} is not the latest operation of the cluster {}", operation_id,
                       operation.cluster_name);
  }
  if (has_ended(operation) || operation.kind == OperationKind::Destroy) {
    return base::error(absl::StatusCode::kFailedPrecondition, "operation {} {}", operation_id,
                       has_ended(operation) ? fmt::format("is {}", to_string(operation.state))
                                            : "is a destroy, which is not cancelled");
  }
  if (std::exchange(operation.is_cancel_requested, true)) return absl::OkStatus();
  const absl::Status status = records_.persist();
  if (!status.ok()) {
    operation.is_cancel_requested = false;
    return status;
  }
  machine_.advance();
  return absl::OkStatus();
}

absl::StatusOr<ClusterEngine::BegunOperation> ClusterEngine::destroy() {
  const base::MutexLock lock(mutex_);
  ClusterRecord cluster = records_.cluster();
  if (cluster.phase == ClusterPhase::Destroying) {
    return BegunOperation{.id = cluster.operation_id, .already_satisfied = true};
  }
  cluster.phase = ClusterPhase::Destroying;
  cluster.reason = {};
  MEX_RETURN_IF_ERROR(records_.begin_next(
      std::move(cluster),
      records_.new_operation(OperationKind::Destroy, context_.clock.wall_now())));
  has_begun_ = true;
  machine_.advance();
  return BegunOperation{.id = records_.cluster().operation_id, .already_satisfied = false};
}

std::vector<ExpectedServer> ClusterEngine::expected_servers() const {
  const base::MutexLock lock(mutex_);
  std::vector<ExpectedServer> expected;
  for (std::string& id : machine_.awaited().leaving_servers()) {
    expected.push_back({.id = std::move(id), .is_being_removed = true});
  }
  for (const auto& [key, id] : records_.cluster().resources) {
    if (key.kind == ResourceKind::Server) expected.push_back({.id = id});
  }
  return expected;
}

bool ClusterEngine::observe(const ServerSweep& sweep) {
  const base::MutexLock lock(mutex_);
  const ClusterRecord& cluster = records_.cluster();
  const bool is_master_active_again =
      observed_.keep(sweep, cluster, {context_.agent_id, cluster.id});
  if (is_master_active_again && observed_.is_api_server_silent()) {
    request_kubernetes_sweep(std::chrono::milliseconds(0));
  }
  const bool is_changed = machine_.observe(sweep);
  observed_.mark_old();
  return is_changed;  // what has changed is stored with what is done about it
}

SweepInterest ClusterEngine::act_on_observations() {
  const base::MutexLock lock(mutex_);
  repairs_.consider();
  persist_changes();
  return machine_.awaited().has_servers() ? SweepInterest::Urgent : SweepInterest::Idle;
}

std::vector<ExpectedResource> ClusterEngine::expected_resources() {
  const base::MutexLock lock(mutex_);
  return repairs_.begin_audit();
}

bool ClusterEngine::audit(const ProjectInventory& seen) {
  const base::MutexLock lock(mutex_);
  const bool wants_second_look = repairs_.audit(seen);
  persist_changes();
  return wants_second_look;
}

void ClusterEngine::request_kubernetes_sweep(std::chrono::milliseconds pause) {
  if (wants_kubernetes_sweep(records_.cluster(), credentials_, machine_)) {
    monitor_.request(weak_from_this(), {.pause = pause, .lane = SweepLane::Regular});
  }
}

std::optional<absl::StatusOr<std::shared_ptr<kubernetes::Client>>> ClusterEngine::api_server() {
  const base::MutexLock lock(mutex_);
  if (!wants_kubernetes_sweep(records_.cluster(), credentials_, machine_)) return std::nullopt;
  return credentials_.client(records_.cluster(), context_.clock.wall_now());
}

std::optional<NextSweep> ClusterEngine::observe_kubernetes(KubernetesSweep sweep) {
  const base::MutexLock lock(mutex_);
  observed_.keep(std::move(sweep));
  const bool is_changed = machine_.observe(*observed_.kubernetes());
  repairs_.consider();
  const NextSweep next = observed_.plan_next_sweep(
      {.is_awaited = machine_.awaited().has_kubernetes(),
       .is_changed = is_changed,
       .interval = records_.cluster().spec.flavor.health_policy.probe_interval});
  observed_.mark_old();
  persist_changes();
  read_what_is_due();
  return wants_kubernetes_sweep(records_.cluster(), credentials_, machine_) ? std::optional(next)
                                                                            : std::nullopt;
}

// By threads that wait for the other side, apart from the sweeps.
void ClusterEngine::read_what_is_due() {
  if (observed_.kubernetes()->status.ok() && !handshakes_.is_reading()) {
    handshakes_.read(certificates_.take_due(records_.cluster()), credentials_.authority_pem(),
                     [self = shared_from_this()](const CertificateReader::ByAddress& served) {
                       const base::MutexLock lock(self->mutex_);
                       self->certificates_.keep(self->records_.cluster(), served);
                     });
  }
  if (context_.cloud == nullptr || consoles_.is_reading()) return;
  std::map<std::string, std::string> servers;
  for (const std::string& slot : machine_.awaited().due_consoles()) {
    servers[slot] = records_.cluster().resources.at({ResourceKind::Server, slot});
  }
  consoles_.read(*context_.cloud, std::move(servers),
                 [self = shared_from_this()](std::map<std::string, std::string> consoles) {
                   const base::MutexLock lock(self->mutex_);
                   for (auto& [slot, text] : consoles) self->credentials_.redact(text);
                   self->machine_.awaited().keep_consoles(std::move(consoles));
                 });
}

// The machine commits with the next intents; what leads to none is committed here.
void ClusterEngine::persist_changes() {
  const OperationRecord& operation = records_.operation();
  if (operation.kind == OperationKind::Destroy && has_ended(operation)) return;
  update_conditions(records_, observation_of(observed_, certificates_, credentials_), repairs_,
                    events_, context_.clock);
  context_.observation.ages().report(
      id_, observed_.ages(records_.cluster(),
                          wants_kubernetes_sweep(records_.cluster(), credentials_, machine_)));
  if (records_.is_stored()) return;
  const absl::Status status = records_.persist();
  if (!status.ok()) {
    log::error(
        "what was seen of a cluster was not stored",
        {{"cluster", operation.cluster_name}, {"tenant", operation.tenant}, {"status", status}});
  }
}

bool ClusterEngine::is_destroyed() const {
  const base::MutexLock lock(mutex_);
  return records_.operation().kind == OperationKind::Destroy && has_ended(records_.operation());
}

ClusterRecord ClusterEngine::record() const {
  const base::MutexLock lock(mutex_);
  return records_.cluster();
}

ClusterView ClusterEngine::view() const {
  const base::MutexLock lock(mutex_);
  const ClusterRecord& cluster = records_.cluster();
  const Observation seen = observation_of(observed_, certificates_, credentials_);
  ClusterView view = view_of(cluster, seen, context_.fqdn);
  if (cluster.spec.is_managed()) {
    view.first_certificate_end =
        judge_certificates(cluster, seen, context_.clock.wall_now()).first_end;
  }
  if (const StepView* blocked = blocked_step(records_.operation())) view.reason = blocked->reason;
  if (view.reason.empty() && !credentials_.status().ok()) {
    view.reason = secrets_reason(credentials_.status());
  }
  return view;
}

std::vector<OperationView> ClusterEngine::operations() const {
  const base::MutexLock lock(mutex_);
  std::vector<OperationView> views;
  if (records_.next()) views.push_back(*records_.next());
  views.push_back(view_of(records_.operation()));
  return views;
}

std::optional<ClusterEndpoints> ClusterEngine::endpoints() const {
  const base::MutexLock lock(mutex_);
  return endpoints_of(records_.cluster(), context_.fqdn);
}

absl::StatusOr<ApiServerLogin> ClusterEngine::api_server_login() {
  const base::MutexLock lock(mutex_);
  return credentials_.login(records_.cluster(), context_.clock.wall_now());
}

absl::StatusOr<base::Secret> ClusterEngine::kubeconfig() const {
  const base::MutexLock lock(mutex_);
  ClusterRecord cluster = records_.cluster();
  if (const StepView* blocked = blocked_step(records_.operation()))
    cluster.reason = blocked->reason;
  return credentials_.kubeconfig(cluster, context_.fqdn, context_.proxy_port,
                                 context_.clock.wall_now());
}

}  // namespace mex::cluster
