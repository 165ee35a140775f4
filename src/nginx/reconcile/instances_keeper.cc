// The half of Instances that looks after what runs. Its own thread.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "events/subject_kinds.h"
#include "nginx/reconcile/instance_subject.h"
#include "nginx/reconcile/instances.h"

namespace mex::nginx {
namespace {

constexpr std::chrono::seconds kLookEvery{1};
constexpr std::chrono::seconds kCountEvery{5};
constexpr std::chrono::seconds kMaxPause{60};

std::chrono::seconds pause_after(unsigned failures) {
  const unsigned doublings = std::min(failures, 6U);
  return std::min(kMaxPause, std::chrono::seconds(1U << doublings));
}

}  // namespace

void Instances::run_reconciler(const std::stop_token& stop) {
  std::unique_lock lock(change_mutex_);
  while (!stop.stop_requested()) {
    retire();
    if (setup_.runtime != nullptr) {
      settle(lock, stop);
      count(lock, stop);
    }
    wake_.wait_for(lock, stop, kLookEvery, [] { return false; });
  }
}

// Instances of another runtime hold the ports that ours need.
void Instances::retire() {
  std::erase_if(retired_, [](const std::unique_ptr<Runtime>& runtime) {
    const auto found = runtime->list();
    if (!found.ok()) return false;
    bool all_gone = true;
    for (const RunningInstance& each : *found)
      all_gone = runtime->remove(each.name).ok() && all_gone;
    return all_gone;
  });
}

// After a boot there may be hundreds to start: changes by the API come in between.
void Instances::settle(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  const auto found = setup_.runtime->list();
  if (!found.ok()) {
    for (const auto& [name, entry] : entries_) {
      tell_problem(entry, "NotSeen", base::message_of(found.status()));
    }
    const std::lock_guard writing(entries_mutex_);
    for (auto& [name, entry] : entries_) {
      if (entry.problem.empty()) {
        log::warning("nginx instances cannot be seen", {{"reason", found.status()}});
      }
      entry.problem = base::message_of(found.status());
      entry.run_id.clear();
    }
    return;
  }
  sweep(*found);
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  health_.forget_all_but(names);
  for (const std::string& name : names) {
    const auto own = std::find_if(found->begin(), found->end(),
                                  [&](const RunningInstance& each) { return each.name == name; });
    const auto entry = entries_.find(name);
    if (entry == entries_.end()) continue;
    if (reconcile_one(name, entry->second, own == found->end() ? nullptr : &*own)) give_way(lock);
    if (stop.stop_requested()) return;
  }
}

// Takes up what the instances logged of sessions that ended.
void Instances::count(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  if (setup_.clock->steady_now() < count_at_) return;
  count_at_ = setup_.clock->steady_now() + kCountEvery;
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) {
    if (entry.problem.empty()) names.push_back(name);
  }
  for (const std::string& name : names) {
    if (stop.stop_requested()) return;
    const auto found = entries_.find(name);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    const std::vector<std::string> sessions = setup_.runtime->drain_session_log(name);
    const auto counts = setup_.runtime->status_page(name, entry.status_port).counts();
    {
      const std::lock_guard writing(entries_mutex_);
      for (const std::string& session : sessions) count_session(session, entry.traffic);
      // One of them is ours.
      if (counts.ok() && counts->active > 0) entry.active_connections = counts->active - 1;
    }
    give_way(lock);
  }
}

// A mutex is not fair: whoever waits for it gets it only if it stays free for a moment.
void Instances::give_way(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  lock.lock();
}

void Instances::take_down(const std::string& name) {
  const absl::Status status = setup_.runtime->remove(name);
  if (status.ok()) {
    log::info("nginx instance without its cluster taken down", {{"instance", name}});
  } else {
    log::warning("nginx instance without its cluster not taken down",
                 {{"instance", name}, {"status", status}});
  }
}

void Instances::sweep(const std::vector<RunningInstance>& found) {
  for (const RunningInstance& each : found) {
    if (entries_.contains(each.name)) continue;
    const absl::Status status = setup_.runtime->remove(each.name);
    if (status.ok()) {
      log::info("nginx instance that nobody wants removed", {{"instance", each.name}});
      setup_.events.normal({.kind = events::kNginxProxy, .name = each.name}, "Swept",
                           "it ran though nobody wants it, and was removed");
    } else {
      log::warning("nginx instance that nobody wants not removed",
                   {{"instance", each.name}, {"status", status}});
    }
  }
}

// An instance comes without a status port when another runtime had it, and its port may have become
// somebody else's while it was down.
absl::Status Instances::renew_status_port(Entry& entry) {
  const bool is_due = entry.status_port == 0 || entry.failures > 0;
  if (!setup_.runtime->needs_status_port() || !is_due) return absl::OkStatus();
  MEX_ASSIGN_OR_RETURN(entry.status_port, choose_status_port());
  return keep(entry);
}

// Makes one instance run as it should; true if there was something to do. A failure is logged when
// it comes or changes.
bool Instances::reconcile_one(const std::string& name, Entry& entry, const RunningInstance* found) {
  if (setup_.clock->steady_now() < entry.next_attempt) return false;
  const std::string run_id = found != nullptr && found->is_running ? found->run_id : "";
  absl::Status status = run_id.empty() ? renew_status_port(entry) : absl::OkStatus();
  absl::StatusOr<RenderedDeployment> wanted = status.ok() ? generated(entry) : status;
  status = wanted.status();
  const bool has_no_cluster = absl::IsNotFound(status);
  bool was_in_order = false;
  if (status.ok()) {
    const bool is_known = !run_id.empty() && run_id == entry.run_id;
    // What an earlier agent left running may know more of its origins than we do yet.
    if (!is_known && !run_id.empty() && !health_.is_known(name)) return false;
    const std::string running =
        is_known ? entry.generation
        : run_id.empty()
            ? ""
            : setup_.runtime->status_page(name, entry.status_port).generation().value_or("");
    was_in_order = running == wanted->generation;
    if (!was_in_order) status = activate(*wanted, entry.status_port);
  }
  // Nobody keeps a key to a cluster that is gone.
  if (has_no_cluster && found != nullptr) take_down(name);
  if (!status.ok()) {
    note_problem(name, entry, status, has_no_cluster);
    return true;
  }
  tell_settled(entry, was_in_order, !run_id.empty());
  const std::lock_guard lock(entries_mutex_);
  if (!was_in_order || !entry.problem.empty()) {
    log::info("nginx instance brought up to date", {{"instance", name}});
  }
  entry.generation = wanted->generation;
  entry.run_id = was_in_order ? run_id : "";
  entry.problem.clear();
  entry.failures = 0;
  return !was_in_order;
}

void Instances::note_problem(const std::string& name, Entry& entry, const absl::Status& status,
                             bool has_no_cluster) {
  std::string problem(base::message_of(status));
  if (!keeper_.get_stop_token().stop_requested()) tell_problem(entry, "NotInOrder", problem);
  const std::lock_guard lock(entries_mutex_);
  if (problem != entry.problem) {
    log::warning("nginx instance is not in order", {{"instance", name}, {"reason", problem}});
  }
  entry.problem = std::move(problem);
  entry.run_id.clear();
  // To ask whether its cluster is there again costs nothing.
  entry.next_attempt =
      setup_.clock->steady_now() + (has_no_cluster ? kLookEvery : pause_after(entry.failures++));
}

// Not under the mutex that list() takes: events wait for the disk.
void Instances::tell_settled(const Entry& entry, bool was_in_order, bool did_run) const {
  const events::Subject subject = subject_of(entry.instance);
  if (!entry.problem.empty()) return setup_.events.normal(subject, "InOrder", "it runs again");
  if (was_in_order) return;
  if (did_run) {
    setup_.events.normal(subject, "Reloaded", "it has the present certificate and addresses");
  } else {
    setup_.events.warning(subject, "Restarted", "it did not run, and was started");
  }
}

void Instances::tell_problem(const Entry& entry, std::string_view reason,
                             std::string_view problem) const {
  if (problem == entry.problem) return;
  setup_.events.warning(subject_of(entry.instance), reason, problem);
}

}  // namespace mex::nginx
