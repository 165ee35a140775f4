#include "dns/dns_events.h"

#include <algorithm>

#include "base/status.h"
#include "dns/claim.h"
#include "events/subject_kinds.h"

namespace mex::dns {
namespace {

events::Subject name_subject(const std::string& name) {
  return {.kind = events::kDnsName, .name = name};
}

// The name whose claims an address record, "*." or not, belongs to.
std::string claimed_name(const DnsRecord& record) {
  return record.name.starts_with("*.") ? record.name.substr(2) : record.name;
}

}  // namespace

void DnsEvents::reconciled(const Registration& wanted, const NameState& state,
                           const RegistrationPlan& plan, const std::set<std::string>& dead,
                           const absl::Status& done) {
  if (!done.ok()) return emit_problem(wanted.name, "NotInForce", base::message_of(done));
  emit_steps(wanted, plan);
  emit_dead(wanted, state, dead);
  if (!plan.unmanaged.empty()) {
    return emit_problem(wanted.name, "ForeignRecord", unmanaged_problem(plan));
  }
  active_[wanted.name] = wanted_records(wanted);
  if (wanted.addresses.empty()) active_.erase(wanted.name);
  if (problems_.erase(wanted.name) > 0) {
    events_.normal(name_subject(wanted.name), "InForce", "the name is as it should be again");
  }
}

void DnsEvents::failed(const std::vector<std::string>& names, const absl::Status& why) {
  for (const std::string& name : names) emit_problem(name, "NotInForce", base::message_of(why));
}

void DnsEvents::withdrawn(const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    events_.normal(name_subject(name), "Withdrawn", "this agent withdraws from the name");
  }
}

void DnsEvents::registered_again(const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    events_.normal(name_subject(name), "RegisteredAgain", "this agent comes back to the name");
  }
}

bool DnsEvents::was_active(const DnsRecord& record) const {
  const auto records = active_.find(claimed_name(record));
  return records != active_.end() &&
         std::any_of(records->second.begin(), records->second.end(),
                     [&](const DnsRecord& each) { return is_same_place(each, record); });
}

// Claims have no events: the address records that they stand for do.
void DnsEvents::emit_steps(const Registration& wanted, const RegistrationPlan& plan) {
  const events::Subject subject = name_subject(wanted.name);
  for (const Step& step : plan.steps) {
    if (step.record.type == RecordType::Txt) continue;
    const std::string record = to_string(step.record);
    if (step.kind == Step::Kind::Remove) {
      events_.normal(subject, "Removed", record);
    } else if (was_active(step.record)) {
      events_.warning(subject, "DriftRepaired",
                      fmt::format("{} was {} by somebody else, and is as it was", record,
                                  step.kind == Step::Kind::Add ? "removed" : "changed"));
    } else {
      events_.normal(subject, step.kind == Step::Kind::Add ? "Registered" : "Changed", record);
    }
  }
}

void DnsEvents::emit_dead(const Registration& wanted, const NameState& state,
                          const std::set<std::string>& dead) const {
  for (const DnsRecord& text : state.texts) {
    const auto claim = parse_claim(text.content);
    if (!claim || !dead.contains(claim->agent)) continue;
    events_.warning(name_subject(wanted.name), "AgentDead",
                    fmt::format("agent {} does not say any more that it lives; what it claimed "
                                "is taken out",
                                claim->agent));
  }
}

void DnsEvents::emit_problem(const std::string& name, std::string_view reason,
                             std::string_view problem) {
  std::string& emitted = problems_[name];
  if (emitted == problem) return;
  emitted = problem;
  events_.warning(name_subject(name), reason, problem);
}

}  // namespace mex::dns
