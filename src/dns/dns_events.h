#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dns/dns_provider.h"
#include "dns/registration_plan.h"
#include "events/recorder.h"

namespace mex::dns {

// Events about names in public DNS, from what was planned and what came of it. One thread.
class DnsEvents {
 public:
  explicit DnsEvents(events::Recorder events) : events_(events) {}

  // One name was observed; `plan` was made of `state`, and `done` says whether it was carried out.
  void reconciled(const Registration& wanted, const NameState& state, const RegistrationPlan& plan,
                  const std::set<std::string>& dead, const absl::Status& done);

  // Nothing could be done for any of these names.
  void failed(const std::vector<std::string>& names, const absl::Status& why);

  void withdrawn(const std::vector<std::string>& names) const;
  void registered_again(const std::vector<std::string>& names) const;

 private:
  void emit_steps(const Registration& wanted, const RegistrationPlan& plan);
  void emit_dead(const Registration& wanted, const NameState& state,
                 const std::set<std::string>& dead) const;
  void emit_problem(const std::string& name, std::string_view reason, std::string_view problem);
  bool was_active(const DnsRecord& record) const;

  events::Recorder events_;
  // By name: our address records of the last successful round. Of this process only: what is
  // missing when it starts may have been removed on purpose.
  std::map<std::string, std::vector<DnsRecord>> active_;
  std::map<std::string, std::string> problems_;  // by name, as they were last emitted
};

}  // namespace mex::dns
