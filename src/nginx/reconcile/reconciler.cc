#include "nginx/reconcile/reconciler.h"

#include <algorithm>
#include <utility>

#include "base/backoff.h"
#include "base/log.h"
#include "base/status.h"
#include "events/subject_kinds.h"
#include "nginx/reconcile/activation.h"
#include "nginx/reconcile/instance_subject.h"
#include "nginx/reconcile/status_port.h"
#include "nginx/runtime/listening_ports.h"

namespace mex::nginx {
namespace {

constexpr std::chrono::seconds kReconcileInterval{1};
constexpr std::chrono::seconds kCountInterval{5};
constexpr base::Backoff kBackoff{.first = std::chrono::seconds(1), .max = std::chrono::seconds(60)};

std::vector<OriginProblem> problems_of(const ResolvedInstance& resolved) {
  std::vector<OriginProblem> problems;
  for (std::size_t i = 0; i < resolved.origins.size(); ++i) {
    for (std::size_t k = 0; k < resolved.origins[i].size(); ++k) {
      const ResolvedOrigin& origin = resolved.origins[i][k];
      if (!origin.problem.empty()) problems.push_back({i, k, origin.problem});
    }
  }
  return problems;
}

}  // namespace

Reconciler::Reconciler(Context context, std::vector<std::unique_ptr<Runtime>> obsolete_runtimes)
    : context_(context), obsolete_runtimes_(std::move(obsolete_runtimes)) {}

Reconciler::~Reconciler() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Reconciler::start() {
  thread_ = std::jthread([this] { run(); });
}

void Reconciler::wake() {
  const base::MutexLock lock(wake_mutex_);
  is_due_ = true;
  wake_.notify_all();
}

void Reconciler::run() {
  const std::stop_token stop = stop_.get_token();
  while (!stop.stop_requested()) {
    remove_obsolete();
    if (context_.instances.runtime != nullptr) {
      reconcile_all();
      count_sessions();
    }
    base::MutexLock lock(wake_mutex_);
    wake_.wait_until(lock, stop, std::chrono::steady_clock::now() + kReconcileInterval, [this] {
      wake_mutex_.assert_held();
      return is_due_;
    });
    is_due_ = false;
  }
}

// Instances of another runtime hold the ports that those of this one need. No change waits for it:
// an engine that is not used may be silent.
void Reconciler::remove_obsolete() {
  std::erase_if(obsolete_runtimes_, [this](const std::unique_ptr<Runtime>& runtime) {
    const auto found = runtime->list();
    if (!found.ok()) return false;
    bool all_gone = true;
    for (const RunningInstance& each : *found) {
      if (!context_.store.check_readable(each.name).ok()) continue;
      all_gone = runtime->remove(each.name).ok() && all_gone;
    }
    return all_gone;
  });
}

// After a boot there may be hundreds to start: changes by the API come in between.
void Reconciler::reconcile_all() {
  ChangeHold lock(context_.changes);
  const auto running = context_.instances.runtime->list();
  if (!running.ok()) return note_unseen(running.status());
  remove_orphans(*running);
  const std::vector<std::string> names = context_.table.names();
  context_.health.retain_only(names);
  for (const std::string& name : names) {
    const auto own = std::find_if(running->begin(), running->end(),
                                  [&](const RunningInstance& each) { return each.name == name; });
    if (reconcile_one(name, own == running->end() ? nullptr : &*own)) {
      lock.unlock();
      lock.lock();  // after who waits
    }
    if (stop_.stop_requested()) return;
  }
}

void Reconciler::note_unseen(const absl::Status& status) {
  const std::string problem(base::message_of(status));
  bool is_logged = false;
  for (const std::string& name : context_.table.names()) {
    const std::optional<InstanceEntry> before = context_.table.find(name);
    if (!before) continue;
    context_.table.update(name, [&](InstanceEntry& entry) {
      entry.state.problem = problem;
      entry.state.is_stopping = false;  // whether it still runs cannot be seen either
      entry.state.run_id.clear();
    });
    if (before->state.problem.empty() && !is_logged) {
      log::warning("nginx instances cannot be seen", {{"reason", status}});
      is_logged = true;
    }
    warn(*before, "NotSeen", problem);
  }
}

void Reconciler::remove_orphans(const std::vector<RunningInstance>& running) {
  for (const RunningInstance& each : running) {
    if (context_.table.contains(each.name) || !context_.store.check_readable(each.name).ok()) {
      continue;
    }
    const absl::Status status = context_.instances.runtime->remove(each.name);
    if (status.ok()) {
      log::info("removed orphaned nginx instance", {{"instance", each.name}});
      context_.instances.events.normal({.kind = events::kNginxProxy, .name = each.name}, "Swept",
                                       "removed orphaned nginx instance");
    } else {
      log::warning("could not remove orphaned nginx instance",
                   {{"instance", each.name}, {"status", status}});
    }
  }
}

// An instance has no status port if another runtime ran it before, and while it was down its port
// may have been taken.
absl::Status Reconciler::renew_status_port(const std::string& name, InstanceEntry& entry) {
  const bool is_due = entry.status_port == 0 || entry.state.failures > 0;
  if (!context_.instances.runtime->needs_status_port() || !is_due) return absl::OkStatus();
  MEX_ASSIGN_OR_RETURN(const std::vector<Listener> listeners, listening_ports());
  MEX_ASSIGN_OR_RETURN(entry.status_port, choose_status_port(context_.table.all(), listeners));
  context_.table.update(name, [&](InstanceEntry& kept) { kept.status_port = entry.status_port; });
  return context_.store.put(
      {entry.instance, entry.status_port, entry.changed_at, entry.known_addresses});
}

absl::StatusOr<ResolvedInstance> Reconciler::resolve(const std::string& name,
                                                     const InstanceEntry& entry) {
  MEX_ASSIGN_OR_RETURN(ResolvedInstance resolved, context_.resolver.resolve(entry.instance));
  context_.health.watch(name, resolved);
  context_.health.mark_down(resolved);
  MEX_RETURN_IF_ERROR(context_.resolver.add_certificate(resolved));
  return resolved;
}

// "" if the instance does not run.
std::string Reconciler::active_generation(const std::string& name, const InstanceEntry& entry,
                                          const std::string& run_id) const {
  if (run_id.empty()) return "";
  if (run_id == entry.state.run_id) return entry.state.generation;
  return context_.instances.runtime->status_page(name, entry.status_port).generation().value_or("");
}

// Makes one instance run as it should; true if there was something to do. A failure is logged when
// it comes or changes.
bool Reconciler::reconcile_one(const std::string& name, const RunningInstance* running) {
  std::optional<InstanceEntry> entry = context_.table.find(name);
  if (!entry || context_.instances.clock->steady_now() < entry->state.next_attempt) return false;
  const std::string run_id = running != nullptr && running->is_running ? running->run_id : "";
  absl::Status status = run_id.empty() ? renew_status_port(name, *entry) : absl::OkStatus();
  absl::StatusOr<ResolvedInstance> resolved = status.ok() ? resolve(name, *entry) : status;
  if (!resolved.ok()) {
    // Reason first: a caller who sees that the instance is down finds the reason.
    const bool has_no_cluster = absl::IsNotFound(resolved.status());
    const bool must_stop = has_no_cluster && running != nullptr;
    note_problem(name, *entry, resolved.status(), has_no_cluster, must_stop);
    if (must_stop) stop_without_cluster(name);
    return true;
  }
  // What an earlier start of the agent left running may know more of its origins than this one.
  if (!run_id.empty() && run_id != entry->state.run_id && !context_.health.is_known(name)) {
    return false;
  }
  note_origins(name, *entry, *resolved);
  Runtime& runtime = *context_.instances.runtime;
  const RenderedDeployment rendered = render_for(runtime, *resolved, entry->status_port);
  const bool is_current = active_generation(name, *entry, run_id) == rendered.generation;
  if (!is_current) {
    status = activate(runtime, rendered, *context_.instances.clock, stop_token());
    if (!status.ok()) {
      note_problem(name, *entry, status, /*has_no_cluster=*/false, /*is_stopping=*/false);
      return true;
    }
  }
  // After an activation the next look reads the run_id.
  note_active(name, *entry,
              {.run_id = is_current ? run_id : "",
               .generation = rendered.generation,
               .origin_problems = problems_of(*resolved)},
              !run_id.empty());
  return !is_current;
}

void Reconciler::note_active(const std::string& name, const InstanceEntry& before,
                             InstanceState state, bool was_running) {
  const bool is_changed = state.run_id.empty();
  const bool had_problem = !before.state.problem.empty();
  context_.table.update(name, [&](InstanceEntry& entry) { entry.state = std::move(state); });
  if (!is_changed && !had_problem) return;
  log::info("nginx instance is up to date", {{"instance", name}});
  const events::Recorder& events = context_.instances.events;
  const events::Subject subject = subject_of(before.instance);
  if (had_problem) {
    events.normal(subject, "InOrder", "it runs again");
  } else if (was_running) {
    events.normal(subject, "Reloaded", "it has the present certificate and addresses");
  } else {
    events.warning(subject, "Restarted", "it did not run, and was started");
  }
}

void Reconciler::note_problem(const std::string& name, const InstanceEntry& before,
                              const absl::Status& status, bool has_no_cluster, bool is_stopping) {
  const std::string problem(base::message_of(status));
  // To ask whether its cluster is there again costs nothing.
  const unsigned failures = before.state.failures + (has_no_cluster ? 0 : 1);
  const std::chrono::milliseconds pause =
      has_no_cluster ? kReconcileInterval : base::pause_after(static_cast<int>(failures), kBackoff);
  context_.table.update(name, [&](InstanceEntry& entry) {
    entry.state = {.run_id = "",
                   .generation = std::move(entry.state.generation),
                   .problem = problem,
                   .is_stopping = is_stopping,
                   .origin_problems = std::move(entry.state.origin_problems),
                   .failures = failures,
                   .next_attempt = context_.instances.clock->steady_now() + pause};
  });
  if (problem != before.state.problem) {
    log::warning("nginx instance is unhealthy", {{"instance", name}, {"reason", problem}});
  }
  if (!stop_.stop_requested()) warn(before, "NotInOrder", problem);
}

// An origin that is not where it should be is the matter of its ports alone. What the names of the
// others lead to is stored: it is what they lead to while they do not resolve.
void Reconciler::note_origins(const std::string& name, const InstanceEntry& before,
                              const ResolvedInstance& resolved) {
  const std::vector<OriginProblem> problems = problems_of(resolved);
  for (const OriginProblem& problem : problems) {
    const auto& known = before.state.origin_problems;
    if (std::find(known.begin(), known.end(), problem) != known.end()) continue;
    log::warning("origin of an nginx instance",
                 {{"instance", name}, {"port", problem.port}, {"reason", problem.text}});
    context_.instances.events.warning(
        subject_of(before.instance), "OriginNotFound",
        fmt::format("ports[{}].origins[{}]: {}", problem.port, problem.origin, problem.text));
  }
  const std::vector<KnownAddresses> known = known_addresses(resolved);
  if (known == before.known_addresses) return;
  const absl::Status status =
      context_.store.put({before.instance, before.status_port, before.changed_at, known});
  if (status.ok()) {
    context_.table.update(name, [&](InstanceEntry& entry) { entry.known_addresses = known; });
  } else {
    log::warning("could not store addresses of origins", {{"instance", name}, {"status", status}});
  }
}

// No key is kept longer than the cluster that it opens.
void Reconciler::stop_without_cluster(const std::string& name) {
  const absl::Status status = context_.instances.runtime->remove(name);
  if (status.ok()) {
    context_.table.update(name, [](InstanceEntry& entry) { entry.state.is_stopping = false; });
    log::info("removed nginx instance without its cluster", {{"instance", name}});
  } else {
    log::warning("could not remove nginx instance without its cluster",
                 {{"instance", name}, {"status", status}});
  }
}

// Events wait for the disk, so they are recorded after the state has changed.
void Reconciler::warn(const InstanceEntry& before, std::string_view reason,
                      std::string_view problem) const {
  if (problem == before.state.problem) return;
  context_.instances.events.warning(subject_of(before.instance), reason, problem);
}

// Counts what the instances logged of sessions that ended.
void Reconciler::count_sessions() {
  const base::Clock& clock = *context_.instances.clock;
  if (clock.steady_now() < count_at_) return;
  count_at_ = clock.steady_now() + kCountInterval;
  Runtime& runtime = *context_.instances.runtime;
  for (const std::string& name : context_.table.names()) {
    if (stop_.stop_requested()) return;
    // Each for itself: changes by the API come in between.
    {
      const ChangeHold lock(context_.changes);
      const std::optional<InstanceEntry> entry = context_.table.find(name);
      if (!entry || !entry->state.problem.empty()) continue;
      const std::vector<std::string> sessions = runtime.drain_session_log(name);
      const auto counts = runtime.status_page(name, entry->status_port).counts();
      context_.table.update(name, [&](InstanceEntry& kept) {
        for (const std::string& session : sessions) count_session(session, kept.traffic);
        // One of them is the agent's.
        if (counts.ok() && counts->active > 0) kept.active_connections = counts->active - 1;
      });
    }
  }
}

}  // namespace mex::nginx
