#include "dns/dns_reconciler.h"

#include <algorithm>
#include <utility>

#include "base/dns_name.h"
#include "base/log.h"
#include "base/random_id.h"
#include "base/record_json.h"
#include "base/status.h"
#include "metrics/metrics.h"
#include "store/agent_id.h"

namespace mex::dns {
namespace {

constexpr std::string_view kAgentKey = "/dns/agent";
constexpr std::string_view kWithdrawnKey = "/dns/withdrawn";
// One for each name of which something may be there: removed only when nothing is.
constexpr std::string_view kNamePrefix = "/dns/names/";

constexpr int kIntervalsToDeath = 3;
constexpr std::chrono::seconds kCallDeadline{60};
constexpr std::chrono::seconds kRetry{30};

void count(std::string_view action) {
  metrics::counter("mex_dns_changes_total", "Records of public DNS changed by this agent.",
                   {{"action", action}})
      .add();
}

std::string_view to_string(Step::Kind kind) {
  switch (kind) {
    case Step::Kind::Add:
      return "add";
    case Step::Kind::Remove:
      return "remove";
    case Step::Kind::Change:
      return "change";
  }
  return "";
}

// A claim has another content in each round; a problem that lasts has to have the same text.
std::string place_of(const DnsRecord& record) {
  if (record.type != RecordType::Txt) return to_string(record);
  return fmt::format("{} {}", record.name, to_string(record.type));
}

}  // namespace

DnsReconciler::DnsReconciler(Context context)
    : context_(std::move(context)),
      peers_(context_.interval * kIntervalsToDeath),
      dns_events_(context_.events),
      names_(context_.names) {}

absl::StatusOr<std::unique_ptr<DnsReconciler>> DnsReconciler::create(Context context) {
  std::unique_ptr<DnsReconciler> made(new DnsReconciler(std::move(context)));
  MEX_RETURN_IF_ERROR(made->read_store());
  made->thread_ =
      std::jthread([self = made.get()](const std::stop_token& stop) { self->run(stop); });
  return made;
}

DnsReconciler::~DnsReconciler() = default;

// One that cannot be read stays; until this process ends another one takes its place, and what the
// old one claims goes as the claims of any agent that is gone.
absl::Status DnsReconciler::read_agent() {
  auto agent = store::load_or_make_agent_id(*context_.store, kAgentKey);
  if (absl::IsDataLoss(agent.status())) agent = base::random_id(store::kAgentIdLength);
  MEX_RETURN_IF_ERROR(agent.status());
  agent_ = *std::move(agent);
  return absl::OkStatus();
}

absl::Status DnsReconciler::read_store() {
  store::Store& store = *context_.store;
  MEX_RETURN_IF_ERROR(read_agent());
  MEX_ASSIGN_OR_RETURN(const auto withdrawn, store.list(kWithdrawnKey));
  const base::MutexLock lock(mutex_);
  is_withdrawn_ = !withdrawn.empty();
  MEX_ASSIGN_OR_RETURN(const auto names, store.list(kNamePrefix));
  for (const store::Entry& each : names) {
    std::string name = each.key.substr(kNamePrefix.size());
    if (base::is_dns_name(name)) {
      registered_.insert(std::move(name));
    } else {
      store.set_aside(each.key, base::damaged_record(each.key, "it is not of a DNS name"));
    }
  }
  // Differs from what the last process left, so that a restarted agent counts as alive.
  heartbeat_ = static_cast<std::uint64_t>(context_.clock->wall_now().time_since_epoch().count());
  view_.provider = context_.provider.to_string();
  view_.agent = agent_;
  view_.is_withdrawn = is_withdrawn_;
  return absl::OkStatus();
}

DnsView DnsReconciler::view() const {
  const base::MutexLock lock(mutex_);
  return view_;
}

void DnsReconciler::use_names(std::vector<std::string> names) {
  const base::MutexLock lock(mutex_);
  if (names == names_) return;
  names_ = std::move(names);
  has_changed_ = true;
  wake_.notify_all();
}

absl::Status DnsReconciler::store_withdrawn(bool is_withdrawn) {
  store::Transaction transaction;
  if (is_withdrawn) {
    transaction.put(std::string(kWithdrawnKey), "");
  } else {
    transaction.erase(std::string(kWithdrawnKey));
  }
  MEX_RETURN_IF_ERROR(context_.store->commit(transaction).status());
  base::MutexLock lock(mutex_);
  const bool is_other = is_withdrawn_ != is_withdrawn;
  const std::vector<std::string> names = names_;
  is_withdrawn_ = view_.is_withdrawn = is_withdrawn;
  has_changed_ = true;
  wake_.notify_all();
  lock.unlock();
  if (is_other && is_withdrawn) dns_events_.withdrawn(names);
  if (is_other && !is_withdrawn) dns_events_.registered_again(names);
  return absl::OkStatus();
}

absl::Status DnsReconciler::withdraw() {
  log::info("this agent withdraws from public DNS");
  return store_withdrawn(true);
}

absl::Status DnsReconciler::register_again() { return store_withdrawn(false); }

void DnsReconciler::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Round round = reconcile_all(stop);
    if (stop.stop_requested()) return;
    std::string problem(base::message_of(round.status));
    if (problem.empty()) problem = context_.provider.notice();
    if (!problem.empty() && problem != logged_problem_) {
      log::warning("names in public DNS are not as they should be", {{"reason", problem}});
    }
    logged_problem_ = problem;
    // Records and the reason for their states change as one.
    base::MutexLock lock(mutex_);
    if (round.records) view_.records = *std::move(round.records);
    view_.problem = problem;
    view_.checked_at = context_.clock->wall_now();
    const auto pause = round.status.ok() ? context_.interval : std::min(context_.interval, kRetry);
    wake_.wait_until(lock, stop, std::chrono::steady_clock::now() + pause, [this] {
      mutex_.assert_held();
      return has_changed_;
    });
    has_changed_ = false;
  }
}

DnsReconciler::Round DnsReconciler::reconcile_all(const std::stop_token& stop) {
  std::vector<std::string> wanted;
  {
    const base::MutexLock lock(mutex_);
    if (!is_withdrawn_) wanted = names_;
  }
  ++heartbeat_;
  std::vector<std::string> addresses;
  if (!wanted.empty()) {
    const base::CallLimits limits{std::chrono::steady_clock::now() + kCallDeadline, stop};
    auto known = context_.addresses(limits);
    if (!known.ok()) {
      if (!stop.stop_requested()) dns_events_.failed(wanted, known.status());
      return {known.status(), std::nullopt};
    }
    addresses = *std::move(known);
  }
  std::vector<RecordView> views;
  absl::Status first_problem;
  const auto reconcile_one = [&](const std::string& name, const std::vector<std::string>& own) {
    if (stop.stop_requested()) return;
    const absl::Status done = reconcile(name, own, stop, views);
    if (first_problem.ok()) first_problem = done;
  };
  for (const std::string& name : wanted) reconcile_one(name, addresses);
  for (const std::string& name : std::set<std::string>(registered_)) {
    const bool is_wanted = std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    if (!is_wanted) reconcile_one(name, {});
  }
  return {first_problem, std::move(views)};
}

absl::StatusOr<NameState> DnsReconciler::observe(const std::string& name,
                                                 const base::CallLimits& limits) {
  NameState state;
  MEX_ASSIGN_OR_RETURN(state.texts,
                       context_.provider.find(claims_name(name), RecordType::Txt, limits));
  const auto now = std::chrono::steady_clock::now();
  // Also if an earlier run of this agent had wildcards.
  bool may_have_wildcard = context_.has_wildcards;
  for (const DnsRecord& text : state.texts) {
    const auto claim = parse_claim(text.content);
    if (!claim) continue;
    may_have_wildcard = may_have_wildcard || claim->has_wildcard;
    if (claim->agent != agent_) peers_.see(name, *claim, now);
  }
  std::vector<std::string> places{name};
  if (may_have_wildcard) places.push_back("*." + name);
  for (const std::string& place : places) {
    for (const RecordType type : {RecordType::A, RecordType::Aaaa}) {
      MEX_ASSIGN_OR_RETURN(const auto records, context_.provider.find(place, type, limits));
      state.addresses.insert(state.addresses.end(), records.begin(), records.end());
    }
  }
  return state;
}

absl::Status DnsReconciler::reconcile(const std::string& name,
                                      const std::vector<std::string>& addresses,
                                      const std::stop_token& stop, std::vector<RecordView>& views) {
  const base::CallLimits limits{std::chrono::steady_clock::now() + kCallDeadline, stop};
  const Registration wanted{name,         context_.has_wildcards, addresses,
                            context_.ttl, context_.is_proxied,    agent_,
                            heartbeat_};
  auto state = observe(name, limits);
  RegistrationPlan plan;
  std::set<std::string> dead;
  absl::Status done = state.status();
  if (done.ok()) {
    dead = peers_.dead(name, std::chrono::steady_clock::now());
    plan = plan_registration(wanted, *state, dead);
    if (!addresses.empty() && !plan.steps.empty()) done = remember(name);
    for (const Step& step : plan.steps) {
      if (done.ok()) done = perform(step, limits);
    }
  }
  if (done.ok() && addresses.empty()) done = forget(name);
  if (!stop.stop_requested()) {
    dns_events_.reconciled(wanted, state.value_or(NameState()), plan, dead, done);
  }
  if (done.ok() && !plan.unmanaged.empty()) {
    done = absl::FailedPreconditionError(unmanaged_problem(plan));
  }
  const auto own = records_of(wanted, state.value_or(NameState()), plan, done);
  views.insert(views.end(), own.begin(), own.end());
  return done;
}

absl::Status DnsReconciler::perform(const Step& step, const base::CallLimits& limits) {
  const bool is_heartbeat = step.kind == Step::Kind::Change && step.record.type == RecordType::Txt;
  absl::Status done;
  switch (step.kind) {
    case Step::Kind::Add:
      done = context_.provider.add(step.record, limits);
      break;
    case Step::Kind::Remove:
      done = context_.provider.remove(step.record, limits);
      break;
    case Step::Kind::Change:
      done = context_.provider.change(step.before, step.record, limits);
      break;
  }
  if (!done.ok()) {
    return base::annotate(done, fmt::format("{} {}", to_string(step.kind), place_of(step.record)));
  }
  count(to_string(step.kind));
  if (!is_heartbeat) {
    log::info("public DNS changed",
              {{"action", to_string(step.kind)}, {"record", to_string(step.record)}});
  }
  return absl::OkStatus();
}

absl::Status DnsReconciler::remember(const std::string& name) {
  if (registered_.contains(name)) return absl::OkStatus();
  store::Transaction transaction;
  transaction.put(std::string(kNamePrefix) + name, "");
  MEX_RETURN_IF_ERROR(context_.store->commit(transaction).status());
  registered_.insert(name);
  return absl::OkStatus();
}

absl::Status DnsReconciler::forget(const std::string& name) {
  store::Transaction transaction;
  transaction.erase(std::string(kNamePrefix) + name);
  MEX_RETURN_IF_ERROR(context_.store->commit(transaction).status());
  registered_.erase(name);
  return absl::OkStatus();
}

// The records as they are when all steps, or none of them, have been done.
std::vector<RecordView> DnsReconciler::records_of(const Registration& wanted,
                                                  const NameState& state,
                                                  const RegistrationPlan& plan,
                                                  const absl::Status& done) const {
  const bool is_done = done.ok() || !plan.unmanaged.empty();
  std::vector<RecordView> views;
  const auto has = [&](const DnsRecord& record) {
    return std::any_of(views.begin(), views.end(),
                       [&](const RecordView& each) { return is_same_place(each.record, record); });
  };
  for (const DnsRecord& record : state.addresses) {
    const bool is_removed = std::any_of(plan.steps.begin(), plan.steps.end(), [&](const Step& s) {
      return s.kind == Step::Kind::Remove && is_same_place(s.record, record);
    });
    if (is_removed && is_done) continue;
    const bool is_unmanaged =
        std::find(plan.unmanaged.begin(), plan.unmanaged.end(), record) != plan.unmanaged.end();
    views.push_back({record, is_unmanaged ? RecordState::Unmanaged : RecordState::Active,
                     owners_of(record, state), ""});
  }
  for (const DnsRecord& record : wanted_records(wanted)) {
    if (has(record)) continue;
    const bool is_made = is_done && plan.unmanaged.empty();
    views.push_back({record,
                     is_made ? RecordState::Active : RecordState::Pending,
                     {agent_},
                     std::string(base::message_of(done))});
  }
  return views;
}

}  // namespace mex::dns
