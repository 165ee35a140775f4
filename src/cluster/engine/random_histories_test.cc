// Histories of clusters by chance: what people ask for, machines that break, calls that are lost, a
// process that is killed, and observations that are not true.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/audit/cluster_audit.h"
#include "cluster/engine/operation_fixture.h"
#include "cluster/engine/repair_advisor.h"
#include "cluster/observation/cluster_observations.h"
#include "cluster/records/inventory_fixture.h"

namespace mex::cluster {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

enum class ServersLie { None, NoList, Empty, WithoutOne, WithoutHalf, Old, Unknown, Error };
enum class NodesLie { None, Silent, WithoutOne, NotReady, Old };

// One history, which its seed says.
//
// Large because it is the world around one cluster: what happens in it, and what is seen of it.
class RandomHistory final : public OperationTest {
 public:
  explicit RandomHistory(std::uint32_t seed) : random_(seed) {
    use_managed();
    spec_.flavor.health_policy.auto_repair = true;
    cloud_.on_call = [this, check = std::move(cloud_.on_call)](const std::string& call,
                                                               const Action& action) {
      check(call, action);
      know_what_is_well();
    };
    cloud_.by_chance = [this](const Action& action) { return fate_of(action); };
    cloud_.on_removal = [this](const std::string& id, const ScriptedCloud::Held& held,
                               RemovalCause cause) { judge_removal(id, held, cause); };
  }
  ~RandomHistory() override { time_.drop_everything(); }
  void TestBody() override {}

  void happen_all() {
    tick();
    audit_soon();
    see_anew();
    if (chance(0, 3) == 0) {
      note("create");
      begin_create();
    } else {
      begin_whole();
    }
    for (int left = chance(3, 8); left > 0 && is_there(); --left) {
      happen();
      run_for(seconds(chance(0, 180)));
      if (HasFatalFailure()) return;
    }
    end_the_lies();
    end_as_wanted();
  }

  // For people.
  const std::string& story() const { return story_; }

 private:
  // ---- chance ----

  int chance(int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random_);
  }
  template <typename Choice>
  Choice one_of(std::initializer_list<Choice> choices) {
    return choices.begin()[chance(0, static_cast<int>(choices.size()) - 1)];
  }
  void note(std::string_view what) {
    story_ += fmt::format("{:>7} s  {}\n", (time_.steady_now() - begin_) / seconds(1), what);
  }

  // ---- what is true ----

  bool is_there() const { return !is_destroyed_; }
  bool is_at_rest() { return has_ended(operation()) && cluster().phase == ClusterPhase::Active; }

  static std::string slot_of(const std::string& server_name) {
    return server_name.substr(name_prefix("test-1", kTestClusterId).size());
  }
  bool is_well(const ScriptedCloud::Held& server) const {
    return !server.is_broken && cloud_.silent_nodes.count(server.name) == 0;
  }
  void know_what_is_well() {
    cloud_.recovered.clear();
    for (const auto& [id, held] : cloud_.resources) {
      if (held.kind != ResourceKind::Server || !is_well(held)) continue;
      cloud_.recovered.insert(id);
      cloud_.recovered.insert(slot_of(held.name));
    }
  }

  void judge_removal(const std::string& id, const ScriptedCloud::Held& held, RemovalCause cause) {
    if (held.kind != ResourceKind::Server) return;
    const std::string slot = slot_of(held.name);
    const auto counted = cluster().resources.find({ResourceKind::Server, slot});
    const bool is_wanted = find_node(cluster().spec, slot) != nullptr &&
                           cluster().phase != ClusterPhase::Destroying &&
                           counted != cluster().resources.end() && counted->second == id;
    if (is_wanted && is_well(held) && asked_for_.count(slot) == 0) {
      ADD_FAILURE() << "a machine that is well and wanted is removed: " << held.name << ", cause "
                    << static_cast<int>(cause);
    }
    cloud_.silent_nodes.erase(held.name);
  }

  ScriptedCloud::Held* any_worker() {
    std::vector<ScriptedCloud::Held*> workers;
    for (auto& [id, held] : cloud_.resources) {
      const bool is_worker = held.kind == ResourceKind::Server && held.is_marked &&
                             held.name.find("worker") != std::string::npos;
      if (is_worker) workers.push_back(&held);
    }
    if (workers.empty()) return nullptr;
    return workers[static_cast<std::size_t>(chance(0, static_cast<int>(workers.size()) - 1))];
  }

  // ---- what is seen ----

  ServerSweep see_servers() {
    ServerSweep sweep = cloud_.servers();
    seen_before_.push_back(sweep);
    while (seen_before_.front().seen_steady + seconds(60) < sweep.seen_steady) {
      seen_before_.pop_front();
    }
    const ServersLie lie = time_.steady_now() < servers_lie_end_ ? servers_lie_ : ServersLie::None;
    switch (lie) {
      case ServersLie::None:
        break;
      case ServersLie::NoList:
        sweep.status = absl::UnavailableError("503");
        sweep.servers.clear();
        break;
      case ServersLie::Empty:
        sweep.servers.clear();
        break;
      case ServersLie::WithoutOne:
        if (!sweep.servers.empty()) sweep.servers.erase(sweep.servers.begin());
        break;
      case ServersLie::WithoutHalf:
        std::erase_if(sweep.servers, [&, n = 0](const auto&) mutable { return n++ % 2 == 0; });
        break;
      case ServersLie::Old:
        sweep.servers = seen_before_.front().servers;
        break;
      case ServersLie::Unknown:
        for (auto& [id, server] : sweep.servers) server.status = "UNKNOWN";
        break;
      case ServersLie::Error:
        if (!sweep.servers.empty()) sweep.servers.rbegin()->second.status = "ERROR";
        break;
    }
    return sweep;
  }

  KubernetesSweep see_nodes() {
    KubernetesSweep sweep = cloud_.kubernetes();
    nodes_before_.push_back(sweep);
    while (nodes_before_.front().seen_steady + seconds(60) < sweep.seen_steady) {
      nodes_before_.pop_front();
    }
    const NodesLie lie = time_.steady_now() < nodes_lie_end_ ? nodes_lie_ : NodesLie::None;
    switch (lie) {
      case NodesLie::None:
        break;
      case NodesLie::Silent:
        sweep.status = absl::DeadlineExceededError("silent");
        sweep.health = {};
        sweep.nodes.clear();
        break;
      case NodesLie::WithoutOne:
        if (!sweep.nodes.empty()) sweep.nodes.erase(std::prev(sweep.nodes.end()));
        break;
      case NodesLie::NotReady:
        for (auto& [name, node] : sweep.nodes) node.conditions.front().status = "Unknown";
        break;
      case NodesLie::Old:
        sweep.nodes = nodes_before_.front().nodes;
        break;
    }
    return sweep;
  }

  void list_servers_soon() override {
    time_.call_after(seconds(1), [this] {
      observe_servers();
      if (process_->machine.awaited().has_servers()) list_servers_soon();
    });
  }
  void ask_kubernetes_soon() override {
    time_.call_after(seconds(1), [this] {
      observe_nodes();
      if (process_->machine.awaited().has_kubernetes()) ask_kubernetes_soon();
    });
  }
  void observe_servers() {
    const ServerSweep sweep = see_servers();
    observed_->keep(sweep, cluster(), test_owner());
    process_->machine.observe(sweep);
    observed_->mark_old();
  }
  void observe_nodes() {
    observed_->keep(see_nodes());
    process_->machine.observe(*observed_->kubernetes());
    (void)observed_->plan_next_sweep({.interval = seconds(10)});
    observed_->mark_old();
  }

  // As the engine does it, every ten seconds.
  void tick() {
    time_.in_the_world_after(seconds(10), [this] {
      if (process_ != nullptr && is_there()) {
        observe_servers();
        observe_nodes();
        if (is_at_rest()) repair_what_is_seen();
        if (!records().is_stored()) (void)records().persist();
      }
      tick();
    });
  }
  void repair_what_is_seen() {
    bool is_changed = false;
    auto proposal = advisor_->propose(cluster(), *observed_, {}, is_changed);
    if (is_changed) records().mark_changed();
    if (!proposal) return;
    note("repair: " + proposal->subject);
    change(OperationKind::Repair, std::move(proposal->cluster));
  }

  void audit_soon() {
    time_.in_the_world_after(timing_.audit_again, [this] {
      if (process_ != nullptr && is_there()) look_at_all();
      audit_soon();
    });
  }
  void look_at_all() {
    if (!is_at_rest() || has_open_change(cluster())) return audit_->forget();
    ProjectInventory seen;
    for (const auto& [id, held] : cloud_.resources) {
      if (!held.is_marked) continue;
      seen.clusters[kTestClusterId].push_back({held.kind, id, held.name, "ACTIVE", true});
      seen.settings[id] = {};
    }
    audit_->begin(cluster().operation_id);
    Deviations found = audit(cluster(), test_owner(), seen);
    found.drift.clear();  // operation_audit_test.cc and audit_test.cc are about that
    audit_->keep(std::move(found), cluster().operation_id);
    auto proposal = audit_->propose(cluster());
    if (!proposal) return;
    note("repair: " + proposal->subject);
    change(OperationKind::Repair, std::move(proposal->cluster));
  }

  // What a process knows that begins.
  void see_anew() {
    observed_ = std::make_unique<ClusterObservations>(timing_, time_, 0);
    advisor_ = std::make_unique<RepairAdvisor>(timing_, time_);
    audit_ = std::make_unique<ClusterAudit>(timing_, time_);
  }

  // A process that finds a cluster which was made an hour ago.
  void begin_whole() {
    ClusterRecord cluster = whole_record();
    cluster.spec = spec_;
    OperationRecord operation;
    operation.id = cluster.operation_id = "create-1";
    operation.state = OperationState::Done;
    operation.cluster_id = cluster.id;
    operation.tenant = spec_.tenant;
    operation.cluster_name = spec_.name;
    const ResourceKey network{ResourceKind::Network, {}};
    for (const auto& [key, id] : cluster.resources) {
      ScriptedCloud::Held held;
      held.kind = key.kind;
      held.name = resource_name(spec_.name, cluster.id, key);
      held.made = time_.world_now() - hours(1);
      const bool is_on_network = key.kind == ResourceKind::Subnet || key.kind == ResourceKind::Port;
      if (is_on_network) held.network = cluster.resources.at(network);
      if (key.kind == ResourceKind::Server) held.image = cloud_.image_id;
      cloud_.resources[id] = std::move(held);
    }
    cloud_.attached_router = cluster.resources.at({ResourceKind::Router, {}});
    store::Transaction transaction;
    add_new_cluster(transaction, cluster);
    add(transaction, operation);
    ASSERT_TRUE(commit(transaction).ok());
    start();
  }

  // ---- what happens ----

  Fate fate_of(const Action& action) {
    if (time_.steady_now() >= calls_fail_until_ || chance(0, 2) > 0) return Fate::Answered;
    const ActionTraits& traits = traits_of(action);
    if (!traits.changes_cloud || traits.needs_api_server) return Fate::Unreachable;
    return one_of(
        {Fate::Unreachable, Fate::Lost, Fate::LostWithoutEffect, Fate::Late, Fate::HalfWay});
  }

  void happen() {
    switch (chance(0, 11)) {
      case 0:
        servers_lie_ = one_of({ServersLie::NoList, ServersLie::Empty, ServersLie::WithoutOne,
                               ServersLie::WithoutHalf, ServersLie::Old, ServersLie::Unknown,
                               ServersLie::Error});
        servers_lie_end_ = time_.steady_now() + seconds(chance(10, 1800));
        return note(fmt::format("lie {} about servers", static_cast<int>(servers_lie_)));
      case 1:
        nodes_lie_ =
            one_of({NodesLie::Silent, NodesLie::WithoutOne, NodesLie::NotReady, NodesLie::Old});
        nodes_lie_end_ = time_.steady_now() + seconds(chance(10, 1800));
        return note(fmt::format("lie {} about nodes", static_cast<int>(nodes_lie_)));
      case 2:
        calls_fail_until_ = time_.steady_now() + seconds(chance(10, 300));
        time_.shift_wall_clock(hours(chance(-1, 1)));
        return note("calls fail, and the wall clock is set");
      case 3:
        return with_worker("is lost",
                           [this](auto& held) { cloud_.lose_server(std::string(held.name)); });
      case 4:
        return with_worker("is in ERROR", [](auto& held) { held.is_broken = true; });
      case 5:
        return with_worker("is silent",
                           [this](auto& held) { cloud_.silent_nodes.insert(held.name); });
      case 6:
        note("kill");
        restart(one_of({Fate::Answered, Fate::Lost, Fate::LostWithoutEffect, Fate::Late}));
        return see_anew();
      case 7:
        return ask_to_scale(chance(0, 4));
      case 8:
        return with_worker("is to be replaced",
                           [this](auto& held) { ask_to_replace(slot_of(held.name)); });
      case 9:
        return cancel();
      case 10:
        return put_second();
      case 11:
        if (chance(0, 4) > 0 || cluster().phase == ClusterPhase::Destroying) return;
        note("destroy");
        return destroy();
    }
  }

  void with_worker(const char* what, const std::function<void(ScriptedCloud::Held&)>& happens) {
    ScriptedCloud::Held* const worker = any_worker();
    if (worker == nullptr) return;
    note(worker->name + " " + what);
    happens(*worker);
  }
  void ask_to_scale(int count) {
    if (!is_at_rest()) return;
    note(fmt::format("scale {}", count));
    asked_for_.clear();
    scale(count);
  }
  void ask_to_replace(const std::string& slot) {
    if (!is_at_rest() || find_node(cluster().spec, slot) == nullptr) return;
    asked_for_ = {slot};
    replace(slot.c_str());
  }
  void cancel() {
    if (has_ended(operation()) || operation().kind == OperationKind::Destroy) return;
    note("cancel");
    operation().is_cancel_requested = true;
    ASSERT_TRUE(records().persist().ok());
    process_->machine.advance();
  }
  // A call that takes effect long after its time, if any was sent, or someone else's resource of
  // that name.
  void put_second() {
    const bool is_marked = chance(0, 3) > 0 && cluster().has_cloud_resources;
    const auto kind =
        one_of({ResourceKind::Router, ResourceKind::Network, ResourceKind::SecurityGroup});
    note(fmt::format("a second {}{}", to_string(kind), is_marked ? "" : " of someone else"));
    const std::string id =
        cloud_.put(kind, resource_name("test-1", kTestClusterId, {kind, {}}), is_marked);
    if (!is_marked) unowned_.insert(id);
  }

  void run_for(milliseconds duration) {
    bool is_over = false;
    time_.in_the_world_after(duration, [&] { is_over = true; });
    while (!is_over) ASSERT_TRUE(time_.run_next());
  }

  // ---- how it ends ----

  void end_the_lies() {
    note("only the truth from here on");
    servers_lie_end_ = nodes_lie_end_ = calls_fail_until_ = {};
  }

  // Empty if the cluster is at rest and as wanted.
  std::string what_is_wrong() {
    if (!is_at_rest()) return "not at rest: " + describe_steps();
    if (has_open_change(cluster())) return "a change is open";
    ResourceIds held;
    for (const auto& [id, resource] : cloud_.resources) {
      if (unowned_.count(id) > 0) continue;
      if (resource.kind == ResourceKind::Server && !is_well(resource)) {
        return fmt::format("{} is broken ({})", resource.name, observed_->view().repair_note);
      }
      const auto key =
          key_of({resource.kind, id, resource.name, {}, true}, cluster().spec, kTestClusterId);
      if (!key) return resource.name + " is not wanted";
      if (!held.emplace(*key, id).second) return "two of " + to_string(*key);
    }
    for (const ResourceKey& key : resource_keys(cluster().spec)) {
      if (held.count(key) == 0) return to_string(key) + " is not there";
    }
    return held == cluster().resources ? "" : "the journal has others";
  }

  // What a person does where the agent does nothing by itself: a create that failed is asked for
  // again, and one of several broken workers is replaced.
  void help() {
    if (!has_ended(operation())) return;
    if (cluster().phase == ClusterPhase::Failed) {
      note("create again");
      return create_again();
    }
    if (observed_->view().repair_note.empty()) return;
    std::set<std::string> well;
    for (const auto& [id, held] : cloud_.resources) {
      if (held.kind == ResourceKind::Server && is_well(held)) well.insert(slot_of(held.name));
    }
    for (const NodeSpec& node : cluster().spec.nodes) {
      if (node.role != NodeRole::Worker || well.count(node.slot) > 0) continue;
      note("replace " + node.slot);
      return ask_to_replace(node.slot);
    }
  }

  void end_as_wanted() {
    for (int i = 0; i < 600 && is_there(); ++i) {
      run_for(minutes(1));
      if (HasFailure()) return;
      if (!is_there() || what_is_wrong().empty()) break;
      if (i % 20 == 19) help();
    }
    for (const std::string& id : unowned_) {
      EXPECT_EQ(cloud_.resources.erase(id), 1U) << "an unowned resource is gone";
    }
    if (!is_there()) return expect_destroyed();
    EXPECT_EQ(what_is_wrong(), "") << to_string(cluster().phase) << " " << cluster().reason.message;
  }

  std::mt19937 random_;
  const base::SteadyTime begin_ = time_.steady_now();
  std::string story_;
  std::unique_ptr<ClusterObservations> observed_;
  std::unique_ptr<RepairAdvisor> advisor_;
  std::unique_ptr<ClusterAudit> audit_;
  ServersLie servers_lie_ = ServersLie::None;
  base::SteadyTime servers_lie_end_{};
  NodesLie nodes_lie_ = NodesLie::None;
  base::SteadyTime nodes_lie_end_{};
  base::SteadyTime calls_fail_until_{};
  std::deque<ServerSweep> seen_before_;
  std::deque<KubernetesSweep> nodes_before_;
  std::set<std::string> asked_for_;  // slots
  std::set<std::string> unowned_;    // ids
};

std::uint32_t number_from(const char* variable, std::uint32_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

// MEX_HISTORIES=100000 has so many, from the seed MEX_HISTORY on.
TEST(RandomHistoriesTest, NoMachineThatIsWellIsRemovedUnaskedAndAllEndsAsWanted) {
  const std::uint32_t first = number_from("MEX_HISTORY", 1);
  const std::uint32_t histories = number_from("MEX_HISTORIES", 25);
  for (std::uint32_t seed = first; seed < first + histories; ++seed) {
    RandomHistory history(seed);
    history.happen_all();
    ASSERT_FALSE(testing::Test::HasFailure()) << "MEX_HISTORY=" << seed << "\n" << history.story();
  }
}

}  // namespace
}  // namespace mex::cluster
