#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "dns/dns_events.h"
#include "dns/dns_provider.h"
#include "dns/peer_watch.h"
#include "dns/registration_plan.h"
#include "events/recorder.h"
#include "store/store.h"

namespace mex::dns {

enum class RecordState : std::uint8_t {
  Active,     // the provider has it
  Pending,    // it should be there and is not: problem says why
  Unmanaged,  // has no claim, and is where ours would be
};

struct RecordView {
  DnsRecord record;
  RecordState state = RecordState::Pending;
  std::vector<std::string> agents;  // the owners; several agents may be behind a name
  std::string problem;
};

struct DnsView {
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

  struct Context {
    std::shared_ptr<store::Store> store;
    DnsProvider& provider;  // outlives this object
    Addresses addresses;
    std::vector<std::string> names;
    bool has_wildcards = true;
    std::chrono::seconds ttl{120};
    bool is_proxied = false;
    // How often everything is compared and the heartbeat changes. Other agents take this one for
    // dead after three times that.
    std::chrono::seconds interval{300};
    events::Recorder events{};
    const base::Clock* clock = &base::system_clock();  // outlives this object
  };

  // Runs when it returns. Records that cannot be read are set aside. Errors are the store's.
  static absl::StatusOr<std::unique_ptr<DnsReconciler>> create(Context context);
  DnsReconciler(const DnsReconciler&) = delete;
  DnsReconciler& operator=(const DnsReconciler&) = delete;
  ~DnsReconciler();

  DnsView view() const;

  // Replaces the names; what was registered for the previous ones is removed. Only what has been
  // registered is durable: the caller sets the names again after a restart.
  void use_names(std::vector<std::string> names);

  // Takes this agent out of DNS, for good: also after a restart, until register_again(). When it
  // returns OK this is stored; the records go soon after.
  absl::Status withdraw();
  absl::Status register_again();

 private:
  explicit DnsReconciler(Context context);
  absl::Status read_agent();
  absl::Status read_store();
  absl::Status store_withdrawn(bool is_withdrawn);
  void run(const std::stop_token& stop);
  // What came of reconciling every name once.
  struct Round {
    absl::Status status;  // the first problem: it does not keep other names from being reconciled
    std::optional<std::vector<RecordView>> records;  // nothing if none could be looked at
  };
  Round reconcile_all(const std::stop_token& stop);
  absl::Status reconcile(const std::string& name, const std::vector<std::string>& addresses,
                         const std::stop_token& stop, std::vector<RecordView>& views);
  absl::StatusOr<NameState> observe(const std::string& name, const base::CallLimits& limits);
  absl::Status perform(const Step& step, const base::CallLimits& limits);
  absl::Status remember(const std::string& name);
  absl::Status forget(const std::string& name);
  std::vector<RecordView> records_of(const Registration& wanted, const NameState& state,
                                     const RegistrationPlan& plan, const absl::Status& done) const;

  const Context context_;
  std::string agent_;
  PeerWatch peers_;                   // of the thread
  std::set<std::string> registered_;  // of the thread: names of which something may be there
  std::uint64_t heartbeat_ = 0;       // of the thread
  std::string logged_problem_;        // of the thread
  DnsEvents dns_events_;              // of the thread, but for withdrawals

  mutable base::Mutex mutex_;
  base::CondVar wake_;
  std::vector<std::string> names_ ABSL_GUARDED_BY(mutex_);
  bool is_withdrawn_ ABSL_GUARDED_BY(mutex_) = false;
  // There is something to do before the interval is over.
  bool has_changed_ ABSL_GUARDED_BY(mutex_) = false;
  DnsView view_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace mex::dns
