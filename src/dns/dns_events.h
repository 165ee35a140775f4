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

// What has happened to names in public DNS, from what was to be done and what came of it, told as
// events. One thread.
class DnsEvents {
 public:
  explicit DnsEvents(events::Recorder events) : events_(events) {}

  // One name was looked at; `plan` was made of `state`, and `done` says whether it was carried out.
  void settled(const Registration& wanted, const NameState& state, const RegistrationPlan& plan,
               const std::set<std::string>& dead, const absl::Status& done);

  // Nothing could be done for any of these names.
  void failed(const std::vector<std::string>& names, const absl::Status& why);

  void withdrawn(const std::vector<std::string>& names) const;
  void registered_again(const std::vector<std::string>& names) const;

 private:
  void tell_steps(const Registration& wanted, const RegistrationPlan& plan);
  void tell_dead(const Registration& wanted, const NameState& state,
                 const std::set<std::string>& dead) const;
  void tell_problem(const std::string& name, std::string_view reason, std::string_view problem);
  bool was_in_force(const DnsRecord& record) const;

  events::Recorder events_;
  // By name: our address records as they were when all was well. Of this process: what is missing
  // at its start may have been missing for reasons of its own.
  std::map<std::string, std::vector<DnsRecord>> in_force_;
  std::map<std::string, std::string> problems_;  // by name, as they were told
};

}  // namespace mex::dns
