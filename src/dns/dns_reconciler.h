#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "dns/dns_events.h"
#include "dns/dns_provider.h"
#include "dns/peer_watch.h"
#include "dns/registration_plan.h"
#include "events/recorder.h"
#include "store/store.h"

namespace mex::dns {

enum class RecordState : std::uint8_t {
  InForce,  // the provider has it
  Pending,  // it should be there and is not: problem says why
  Foreign,  // somebody else's, where ours would be
};

struct RecordView {
  DnsRecord record;
  RecordState state = RecordState::Pending;
  std::vector<std::string> agents;  // whose it is; several agents may be behind a name
  std::string problem;
};

struct RegistrationsView {
  std::string provider;
  std::string agent;  // this one
  bool is_withdrawn = false;
  std::vector<RecordView> records;  // of all our names
  std::string problem;              // of the last round
  std::optional<base::WallTime> checked_at;
};

// Keeps the names in public DNS that lead to this agent: registers them with its public address,
// repairs what drifts, shares names with other agents, and takes dead ones out. Only what is
// claimed by an agent (claim.h) is ever changed or removed. Thread-safe.
class DnsReconciler {
 public:
  // The addresses by which this machine is reached from outside. Called by the thread, may block
  // until the deadline.
  using Addresses =
      std::function<absl::StatusOr<std::vector<std::string>>(const base::CallLimits&)>;

  struct Setup {
    std::shared_ptr<store::Store> store;
    DnsProvider& provider;  // outlives this object
    Addresses addresses;
    std::vector<std::string> names;
    bool has_wildcards = true;
    std::chrono::seconds ttl{120};
    bool is_proxied = false;
    // How often everything is compared, and this agent says that it lives. Others take it for dead
    // after three times that.
    std::chrono::seconds interval{300};
    events::Recorder events{};
    const base::Clock* clock = &base::system_clock();  // outlives this object
  };

  // At work when it returns. Unavailable, DataLoss: the store.
  static absl::StatusOr<std::unique_ptr<DnsReconciler>> start(Setup setup);
  DnsReconciler(const DnsReconciler&) = delete;
  DnsReconciler& operator=(const DnsReconciler&) = delete;
  ~DnsReconciler();

  RegistrationsView view() const;

  // Other names from now on; what was registered for former ones is removed. Durable only in what
  // has been registered: the caller says them again after a restart.
  void use_names(std::vector<std::string> names);

  // Takes this agent out of DNS, for good: also after a restart, until register_again(). When it
  // returns OK this is stored; the records go soon after.
  absl::Status withdraw();
  absl::Status register_again();

 private:
  explicit DnsReconciler(Setup setup);
  absl::Status read_store();
  absl::Status store_withdrawn(bool is_withdrawn);
  void run(const std::stop_token& stop);
  absl::Status round(const std::stop_token& stop);
  absl::Status settle(const std::string& name, const std::vector<std::string>& addresses,
                      const std::stop_token& stop, std::vector<RecordView>& seen);
  absl::StatusOr<NameState> look(const std::string& name, const base::CallLimits& limits);
  absl::Status perform(const Step& step, const base::CallLimits& limits);
  absl::Status remember(const std::string& name);
  absl::Status forget(const std::string& name);
  std::vector<RecordView> records_of(const Registration& wanted, const NameState& state,
                                     const RegistrationPlan& plan, const absl::Status& done) const;

  const Setup setup_;
  std::string agent_;
  PeerWatch peers_;                   // of the thread
  std::set<std::string> registered_;  // of the thread: names of which something may be there
  std::uint64_t beat_ = 0;            // of the thread
  std::string told_;                  // of the thread: the problem that was logged
  DnsEvents news_;                    // of the thread, but for withdrawals

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::string> names_;
  bool is_withdrawn_ = false;
  bool has_changed_ = false;  // there is something to do before the interval is over
  RegistrationsView view_;
  std::jthread thread_;
};

}  // namespace mex::dns
