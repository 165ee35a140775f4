#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "events/recorder.h"
#include "net/origin_policy.h"
#include "nginx/model/instance.h"
#include "nginx/model/users.h"
#include "nginx/reconcile/origin_addresses.h"
#include "nginx/reconcile/origin_health.h"
#include "nginx/reconcile/port_clash.h"
#include "nginx/render/deployment.h"
#include "nginx/runtime/runtime.h"
#include "nginx/runtime/traffic.h"

namespace mex::store {
class Store;
}

namespace mex::nginx {

// The pair that the agent itself shows now; an error says why there is none. Quick: it is asked
// every second.
using CertificateSource = std::function<absl::StatusOr<CertificatePair>()>;

// How the API of one of the agent's clusters is called now. NotFound: there is no such cluster, or
// it goes away. Other errors say what is missing. Quick: it is asked every second.
using ClusterApiSource = std::function<absl::StatusOr<ClusterApi>(const ClusterName&)>;

struct InstancesContext {
  store::Store* store = nullptr;  // what is pointed to outlives the instances
  const net::OriginPolicy* policy = nullptr;
  const base::Clock* clock = nullptr;
  // Null: there is none, for this reason; instances are kept and listed all the same.
  std::unique_ptr<Runtime> runtime;
  absl::Status no_runtime;
  // What ran instances in an earlier life; theirs are taken away.
  std::vector<std::unique_ptr<Runtime>> obsolete_runtimes;
  CertificateSource certificate;
  ClusterApiSource cluster_api;  // null: there are no clusters
  std::vector<ReservedPort> reserved;
  // Where users may be that the API did not make; as HtpasswdFile takes them.
  std::vector<std::string> user_files;
  events::Recorder events{};
};

struct InstanceView {
  Instance instance;
  base::WallTime changed_at{};
  std::string problem;                   // why it does not run as it should; empty: it does
  std::uint64_t active_connections = 0;  // HTTP, of clients; some seconds old, as the traffic is
  Traffic traffic;
  std::vector<OriginHealthView> health;  // of origins that are looked after
};

// The nginx instances that the operator wants: checked, kept in the store, made to run, and made to
// run again when something ended them. A thread looks every second at what runs: it starts what is
// missing, takes away what is not wanted, and passes on a new certificate or new addresses of
// origins. Thread-safe; calls wait for the runtime, list() for nothing.
//
// An instance is in force when its own status server says so, not when a call went well.
class Instances {
 public:
  explicit Instances(InstancesContext setup);
  Instances(const Instances&) = delete;
  Instances& operator=(const Instances&) = delete;
  // Instances go on: traffic flows while the agent is restarted.
  ~Instances();

  // Reads the store and begins to look after what is in it. Called once, first. DataLoss names the
  // record that cannot be read.
  absl::Status restore();

  // In force when it returns OK; the same name replaces, without losing a connection. If not OK,
  // everything is as it was.
  //   InvalidArgument     names the field
  //   AlreadyExists       a port or the container's name is somebody else's; names it
  //   FailedPrecondition  no runtime, no certificate, an unknown name; or nginx's own words
  //   Unavailable         from the engine or the store
  absl::Status add(const Instance& instance);

  // Gone when it returns OK; connections are cut. One that does not exist is gone already.
  absl::Status remove(Kind kind, const std::string& name);

  // Sorted by name.
  std::vector<InstanceView> list(Kind kind) const;
  // NotFound.
  absl::StatusOr<InstanceView> get(Kind kind, const std::string& name) const;

  // Who may come in where an instance asks for a password. A change is in force within seconds.
  Users& users() { return users_; }
  const Users& users() const { return users_; }

  // "docker", "process"; "" without one.
  std::string_view runtime_kind() const;

 private:
  struct Entry {
    Instance instance;
    std::uint16_t status_port = 0;
    base::WallTime changed_at{};
    std::string run_id;      // of the process or container that was last seen in order …
    std::string generation;  // … and what it ran with
    std::string problem;
    unsigned failures = 0;  // in a row
    std::uint64_t active_connections = 0;
    Traffic traffic;
    base::SteadyTime next_attempt{};
  };
  using Entries = std::map<std::string, Entry>;  // by full name

  RenderContext surroundings_of(const Instance& instance, std::uint16_t status_port) const;
  absl::Status lead_to_cluster(Instance& instance) const;
  absl::StatusOr<Instance> completed(Instance instance);
  absl::StatusOr<RenderedDeployment> generated(const Entry& entry);
  absl::Status check_ports(const Instance& instance, const Entry* former);
  absl::StatusOr<std::uint16_t> choose_status_port() const;
  absl::Status activate(const RenderedDeployment& wanted, std::uint16_t status_port);
  absl::Status await(const RenderedDeployment& wanted, std::uint16_t status_port);
  absl::Status keep(const Entry& entry);
  void undo(const std::string& name, const Entry* former);

  void run_reconciler(const std::stop_token& stop);
  void settle(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  bool reconcile_one(const std::string& name, Entry& entry, const RunningInstance* found);
  void note_problem(const std::string& name, Entry& entry, const absl::Status& status,
                    bool has_no_cluster);
  void tell_settled(const Entry& entry, bool was_in_order, bool did_run) const;
  void tell_problem(const Entry& entry, std::string_view reason, std::string_view problem) const;
  absl::Status renew_status_port(Entry& entry);
  void take_down(const std::string& name);
  void give_way(std::unique_lock<std::mutex>& lock);
  void sweep(const std::vector<RunningInstance>& found);
  void count(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  InstanceView view_of(const Entry& entry) const;
  void retire();

  std::vector<std::unique_ptr<Runtime>> retired_;
  const InstancesContext setup_;
  OriginAddresses addresses_;
  OriginHealth health_;
  Users users_;
  std::mutex change_mutex_;           // held through a whole change; also guards addresses_
  mutable std::mutex entries_mutex_;  // for reading by list(), for writing under both
  Entries entries_;
  base::SteadyTime count_at_{};  // the keeper's alone
  std::condition_variable_any wake_;
  std::jthread keeper_;
};

}  // namespace mex::nginx
