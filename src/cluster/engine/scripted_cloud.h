#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cluster/engine/step_executor.h"
#include "cluster/health/kubernetes_sweep.h"
#include "cluster/health/server_sweep.h"
#include "cluster/observation/virtual_time.h"
#include "cluster/plan/plan_fixture.h"
#include "openstack/error.h"

namespace mex::cluster {

// What becomes of a call that goes out.
enum class Fate {
  Answered,
  Lost,               // takes effect, the answer is lost
  LostWithoutEffect,  // does not take effect, the answer is lost
  Late,               // the answer is lost, and it takes effect after it may have been repeated
  HalfWay,            // takes effect, the answer is an error after the fact
  Refused,
  Unreachable,
  NotFound,
  LoggedOut,  // HTTP 401
};

// For tests: a cloud that holds the resources of one cluster, answers look-ups from them, and lets
// calls meet the fates that a test writes down. Calls are named like their steps.
//
// Large because tests write down here what the cloud holds and does.
class ScriptedCloud final : public StepExecutor {
 public:
  static constexpr std::chrono::milliseconds kLatency{100};
  static constexpr std::chrono::seconds kLate{12};
  static constexpr std::chrono::seconds kBoot{5};

  struct Held {
    ResourceKind kind = ResourceKind::Network;
    std::string name;
    base::WallTime made{};
    bool is_marked = true;
    bool is_broken = false;  // of servers: in ERROR; of volumes: Cinder could not make them
    bool is_used = false;    // of volumes: a server has booted from it
    std::string volume;      // of servers: the id of the one it boots from
    std::string network;     // of subnets and ports: the id
    std::string image;       // of servers: the id
  };

  explicit ScriptedCloud(VirtualTime& time) : time_(time) {}

  // The next calls of that name meet these fates.
  void script(const std::string& call, std::initializer_list<Fate> fates) {
    fates_[call].insert(fates_[call].end(), fates);
  }

  void execute(Attempt attempt, Done done) override {
    const std::string call = call_of(attempt.action);
    calls.push_back(call);
    if (on_call) on_call(call, attempt.action);
    time_.in_the_world_after(kLatency, [this, attempt = std::move(attempt), done = std::move(done),
                                        call, process = process_] {
      if (process == process_) return done(carry_out(attempt, call, std::nullopt));
      carry_out(attempt, call, fate_after_death_);  // no one is there for the answer
    });
  }

  // The process dies: no answer arrives, and calls in flight meet that fate.
  void forget_process(Fate in_flight) {
    ++process_;
    fate_after_death_ = in_flight;
    fates_.clear();
  }

  ServerSweep servers() const {
    ServerSweep sweep;
    sweep.seen = time_.wall_now();
    sweep.seen_steady = time_.steady_now();
    sweep.gone = gone_servers;
    for (const auto& [id, held] : resources) {
      if (held.kind != ResourceKind::Server) continue;
      openstack::Server server;
      server.id = id;
      server.name = held.name;
      server.status = status_of(held);
      if (held.is_marked) server.description = mark_of(test_owner());
      sweep.servers.emplace(id, std::move(server));
    }
    return sweep;
  }

  KubernetesSweep kubernetes() const {
    KubernetesSweep sweep;
    sweep.seen = time_.wall_now();
    sweep.seen_steady = time_.steady_now();
    for (const auto& [id, held] : resources) {
      if (held.kind != ResourceKind::Server || status_of(held) != "ACTIVE") continue;
      if (held.name.find("master") != std::string::npos) sweep.health.ready = true;
      if (silent_nodes.count(held.name) > 0) continue;
      kubernetes::Node node;
      node.name = held.name;
      node.conditions = {
          {.type = "Ready", .status = "True", .reason = {}, .message = {}, .last_transition = {}}};
      sweep.nodes[held.name] = std::move(node);
    }
    return sweep;
  }

  std::string put(ResourceKind kind, std::string name, bool is_marked = true) {
    const std::string id = fmt::format("{}-{}", to_string(kind), ++last_id_);
    resources[id] = {.kind = kind,
                     .name = std::move(name),
                     .made = time_.world_now(),
                     .is_marked = is_marked,
                     .is_broken = false,
                     .is_used = false,
                     .volume = {},
                     .network = {},
                     .image = {}};
    return id;
  }

  // Someone else deletes the server of that name.
  void lose_server(const std::string& name) {
    const auto id = find(ResourceKind::Server, name);
    if (!id) return;
    gone_servers.insert(*id);
    take_volume_along(resources.at(*id));
    resources.erase(*id);
  }

  std::size_t count(ResourceKind kind) const {
    return static_cast<std::size_t>(
        std::count_if(resources.begin(), resources.end(),
                      [&](const auto& entry) { return entry.second.kind == kind; }));
  }
  int calls_of(const std::string& call) const {
    return static_cast<int>(std::count(calls.begin(), calls.end(), call));
  }

  std::map<std::string, Held> resources;                         // by id
  std::vector<std::string> calls;                                // that went out, in order
  std::map<std::string, std::vector<base::WallTime>> creations;  // by call: when one was made
  std::vector<std::string> faults;                               // what a correct engine never does
  std::set<std::string> broken_servers;  // names: the next server of that name goes to ERROR
  std::set<std::string> broken_volumes;  // names: the next volume of that name is in error
  int volume_looks = 0;                  // so often a volume that is looked at is not ready yet
  bool keeps_volumes = false;            // Nova leaves them behind when servers go
  std::set<std::string> gone_servers;    // ids: Nova answers 404 for them
  std::set<std::string> silent_nodes;    // names: never Ready
  // They work again before their nodes are drained (slots), or after that (ids of servers).
  std::set<std::string> recovered;
  std::function<void(const std::string& call, const Action&)> on_call;
  // Of calls whose fate is not written down.
  std::function<Fate(const Action&)> by_chance;
  // Before it goes.
  std::function<void(const std::string& id, const Held&, RemovalCause)> on_removal;
  std::string attached_router;        // that has an interface in the subnet
  std::string image_id = "image-id";  // what every image's name means now

  static std::string call_of(const Action& action) {
    if (const auto* find = std::get_if<FindImage>(&action)) return "look image " + find->name;
    if (const auto* create = std::get_if<CreateServer>(&action)) return "server " + create->slot;
    if (const auto* create = std::get_if<CreateVolume>(&action)) return "volume " + create->slot;
    if (const auto* removal = std::get_if<Remove>(&action)) {
      return "remove " + to_string(removal->resource.key());
    }
    if (const auto* owned = std::get_if<FindOwned>(&action)) {
      return fmt::format("list {}s", to_string(owned->kind));
    }
    if (const auto* tag = std::get_if<TagResource>(&action)) return "tags " + to_string(tag->key);
    static constexpr const char* kNames[] = {"token",
                                             "look image",
                                             "look flavor",
                                             "look zones",
                                             "look key pair",
                                             "look external network",
                                             "look router",
                                             "look network",
                                             "look extensions",
                                             "look compute quota",
                                             "look network quota",
                                             "look volume quota",
                                             "look manifest",
                                             "look servers' sources",
                                             "look nodes' network",
                                             "",
                                             "network",
                                             "subnet",
                                             "router",
                                             "security group",
                                             "rules",
                                             "ports",
                                             "port filters",
                                             "router interface",
                                             "server-group",
                                             "",
                                             "volume ready",
                                             "",
                                             "",
                                             "",
                                             "remove router interface",
                                             "apply",
                                             "join token",
                                             "confirm fault",
                                             "drain",
                                             "uncordon",
                                             "renewal",
                                             "forget"};
    return kNames[action.index()];
  }

 private:
  Fate next_fate(const std::string& call, const Action& action) {
    auto& fates = fates_[call];
    if (fates.empty()) return by_chance ? by_chance(action) : Fate::Answered;
    const Fate fate = fates.front();
    fates.pop_front();
    return fate;
  }

  std::string status_of(const Held& held) const {
    if (held.is_broken) return "ERROR";
    return time_.world_now() - held.made >= kBoot ? "ACTIVE" : "BUILD";
  }

  std::string shown_status(const Held& held) const {
    if (held.kind == ResourceKind::Volume) return held.is_broken ? "error" : "available";
    return held.kind == ResourceKind::Server ? status_of(held) : "ACTIVE";
  }

  // The names and kinds of what the action makes.
  static std::vector<std::pair<ResourceKey, std::string>> products_of(const Action& action) {
    if (const auto* a = std::get_if<CreateNetwork>(&action)) {
      return {{{ResourceKind::Network, {}}, a->body.name}};
    }
    if (const auto* a = std::get_if<CreateSubnet>(&action)) {
      return {{{ResourceKind::Subnet, {}}, a->body.name}};
    }
    if (const auto* a = std::get_if<CreateRouter>(&action)) {
      return {{{ResourceKind::Router, {}}, a->body.name}};
    }
    if (const auto* a = std::get_if<CreateSecurityGroup>(&action)) {
      return {{{ResourceKind::SecurityGroup, {}}, a->body.name}};
    }
    if (const auto* a = std::get_if<CreateVolume>(&action)) {
      return {{{ResourceKind::Volume, a->slot}, a->body.name}};
    }
    if (const auto* a = std::get_if<CreateServer>(&action)) {
      return {{{ResourceKind::Server, a->slot}, a->body.name}};
    }
    std::vector<std::pair<ResourceKey, std::string>> products;
    if (const auto* a = std::get_if<CreatePorts>(&action)) {
      for (const PlannedPort& port : a->ports) {
        products.emplace_back(ResourceKey{ResourceKind::Port, port.slot}, port.body.name);
      }
    }
    return products;
  }

  // By name and mark, as the steps look for what an earlier attempt has made.
  std::optional<std::string> find(ResourceKind kind, const std::string& name) const {
    for (const auto& [id, held] : resources) {
      if (held.kind == kind && held.name == name && held.is_marked) return id;
    }
    return std::nullopt;
  }

  // Whether the resources that the call names are there.
  bool has_ground(const Attempt& attempt) const {
    const auto is_there = [&](ResourceKind kind, const std::string& node = {}) {
      const auto id = attempt.resources.find({kind, node});
      return id != attempt.resources.end() && resources.count(id->second) > 0;
    };
    if (std::holds_alternative<CreateSubnet>(attempt.action)) {
      return is_there(ResourceKind::Network);
    }
    if (std::holds_alternative<CreateRules>(attempt.action)) {
      return is_there(ResourceKind::SecurityGroup);
    }
    if (std::holds_alternative<CreatePorts>(attempt.action)) {
      return is_there(ResourceKind::Subnet) && is_there(ResourceKind::SecurityGroup);
    }
    if (std::holds_alternative<AttachRouter>(attempt.action)) {
      return is_there(ResourceKind::Router) && is_there(ResourceKind::Subnet);
    }
    if (const auto* server = std::get_if<CreateServer>(&attempt.action)) {
      return is_there(ResourceKind::Port, server->slot) &&
             (!server->body.root_volume || is_there(ResourceKind::Volume, server->slot));
    }
    if (const auto* await = std::get_if<AwaitVolume>(&attempt.action)) {
      return is_there(ResourceKind::Volume, await->slot);
    }
    return true;
  }

  static Outcome failed(absl::Status status) {
    Outcome outcome;
    outcome.status = std::move(status);
    return outcome;
  }
  static Outcome lost() {
    return failed(openstack::with_unknown_outcome(absl::UnavailableError("connection lost")));
  }

  // `fate`: none for what the test has written down. It is for a call that changes something: a
  // look-up before that is answered and uses no fate up.
  Outcome carry_out(const Attempt& attempt, const std::string& call, std::optional<Fate> fate) {
    if (traits_of(attempt.action).makes_resource && attempt.check_existing) {
      Outcome seen;
      const auto products = products_of(attempt.action);
      for (const auto& [key, name] : products) {
        if (const auto id = find(key.kind, name)) seen.made[key] = *id;
      }
      if (seen.made.size() == products.size()) return seen;
      if (!attempt.may_repeat) {
        seen.made.clear();
        seen.not_seen = true;
        return seen;
      }
    }
    switch (fate ? *fate : next_fate(call, attempt.action)) {
      case Fate::Refused:
        return failed(absl::ResourceExhaustedError("refused: " + call));
      case Fate::Unreachable:
        return failed(absl::UnavailableError("no connection"));
      case Fate::NotFound:
        return failed(absl::NotFoundError("gone: what " + call + " builds on"));
      case Fate::LoggedOut:
        return failed(absl::UnauthenticatedError("these credentials are not valid"));
      case Fate::LostWithoutEffect:
        return lost();
      case Fate::Late:
        time_.in_the_world_after(kLate, [this, attempt, call] { take_effect(attempt, call); });
        return lost();
      case Fate::Lost:
        take_effect(attempt, call);
        return lost();
      case Fate::HalfWay:
        take_effect(attempt, call);
        return failed(openstack::with_unknown_outcome(absl::InternalError("half-way")));
      case Fate::Answered:
        break;
    }
    return take_effect(attempt, call);
  }

  Outcome take_effect(const Attempt& attempt, const std::string& call) {
    if (!has_ground(attempt)) return failed(absl::NotFoundError("gone: what it builds on"));
    if (is_volume_taken(attempt)) return failed(absl::InvalidArgumentError("the volume is in use"));
    Outcome outcome;
    for (const auto& [key, name] : products_of(attempt.action)) {
      const bool may_be_there = attempt.check_existing && key.kind == ResourceKind::Port;
      if (const auto id = find(key.kind, name); may_be_there && id) {
        outcome.made[key] = *id;
        continue;
      }
      const bool is_server = key.kind == ResourceKind::Server;
      const bool has_rival = find(key.kind, name).has_value();
      const std::string id = put(key.kind, name);
      resources[id].is_broken = is_server && (has_rival || broken_servers.erase(name) > 0);
      if (key.kind == ResourceKind::Volume)
        resources[id].is_broken = broken_volumes.erase(name) > 0;
      if (key.kind == ResourceKind::Subnet || key.kind == ResourceKind::Port) {
        resources[id].network = attempt.resources.at({ResourceKind::Network, {}});
      }
      if (const auto* server = std::get_if<CreateServer>(&attempt.action)) {
        resources[id].image = server->body.image_id;
        if (server->body.root_volume) boot_from_volume(attempt, resources[id]);
      }
      outcome.made[key] = id;
      outcome.resource_id = id;
      creations[call].push_back(time_.world_now());
    }
    if (std::holds_alternative<AttachRouter>(attempt.action)) {
      attached_router = attempt.resources.at({ResourceKind::Router, {}});
    }
    if (const auto* detach = std::get_if<DetachRouter>(&attempt.action)) {
      if (detach->router_id == attached_router) attached_router.clear();
    }
    if (const auto* await = std::get_if<AwaitVolume>(&attempt.action)) return look(attempt, *await);
    if (const auto* removal = std::get_if<Remove>(&attempt.action)) return remove(*removal);
    if (const auto* confirm = std::get_if<ConfirmFault>(&attempt.action)) {
      outcome.has_recovered = recovered.count(confirm->slot) > 0;
    }
    look_up(attempt, outcome);
    return outcome;
  }

  bool is_volume_taken(const Attempt& attempt) const {
    const auto* server = std::get_if<CreateServer>(&attempt.action);
    if (server == nullptr || !server->body.root_volume) return false;
    const std::string& id = attempt.resources.at({ResourceKind::Volume, server->slot});
    return std::any_of(resources.begin(), resources.end(),
                       [&](const auto& other) { return other.second.volume == id; });
  }
  void boot_from_volume(const Attempt& attempt, Held& server) {
    const std::string& slot = std::get<CreateServer>(attempt.action).slot;
    server.volume = attempt.resources.at({ResourceKind::Volume, slot});
    if (std::exchange(resources.at(server.volume).is_used, true)) {
      faults.push_back("a server boots from what another one has left: " + server.volume);
    }
  }
  void take_volume_along(const Held& server) {
    if (!keeps_volumes) resources.erase(server.volume);
  }

  Outcome look(const Attempt& attempt, const AwaitVolume& await) {
    const std::string& id = attempt.resources.at({ResourceKind::Volume, await.slot});
    if (resources.at(id).is_broken) return failed(absl::FailedPreconditionError("status error"));
    if (volume_looks == 0) return {};
    --volume_looks;
    Outcome outcome = failed(absl::UnavailableError("the volume is downloading"));
    outcome.is_under_way = true;
    return outcome;
  }

  Outcome remove(const Remove& removal) {
    const std::string& id = removal.resource.id();
    if (is_unasked(removal.cause) && recovered.count(id) > 0) {
      Outcome works_again;
      works_again.has_recovered = true;
      return works_again;
    }
    const auto held = resources.find(id);
    if (held == resources.end()) return {};
    if (!held->second.is_marked) faults.push_back("removed what is not owned: " + id);
    const bool is_used = id == attached_router ||
                         std::any_of(resources.begin(), resources.end(),
                                     [&](const auto& other) { return other.second.network == id; });
    if (is_used) return failed(absl::FailedPreconditionError("in use"));
    if (on_removal) on_removal(id, held->second, removal.cause);
    if (held->second.kind == ResourceKind::Server) {
      gone_servers.insert(id);
      take_volume_along(held->second);
    }
    resources.erase(id);
    return {};
  }

  void look_up(const Attempt& attempt, Outcome& outcome) {
    if (const auto* image = std::get_if<FindImage>(&attempt.action)) {
      openstack::Image seen = test_discovered().images.begin()->second;
      seen.id = image->id.empty() ? image_id : image->id;
      outcome.apply_to = [key = image->id.empty() ? image->name : image->id,
                          seen](Discovered& discovered) { discovered.images[key] = seen; };
    } else if (const auto* flavor = std::get_if<FindFlavor>(&attempt.action)) {
      outcome.apply_to = [name = flavor->id.empty() ? flavor->name
                                                    : flavor->id](Discovered& discovered) {
        discovered.flavors[name] = test_discovered().flavors.begin()->second;
      };
    } else if (std::holds_alternative<FindExternalNetwork>(attempt.action)) {
      outcome.apply_to = [](Discovered& discovered) {
        discovered.references.external_network.id = "public-id";
      };
    } else if (std::holds_alternative<ReadVolumeQuota>(attempt.action)) {
      outcome.apply_to = [](Discovered& discovered) { discovered.has_volumes = true; };
    } else if (std::holds_alternative<FindServerSources>(attempt.action)) {
      std::map<std::string, openstack::ServerSource> sources;
      for (const auto& [id, held] : resources) {
        if (held.kind != ResourceKind::Server) continue;
        sources[id] = {.id = id, .image_id = held.image, .flavor_id = "flavor-id"};
      }
      outcome.apply_to = [sources](Discovered& discovered) { discovered.sources = sources; };
    } else if (const auto* owned = std::get_if<FindOwned>(&attempt.action)) {
      Inventory inventory;
      for (const auto& [id, held] : resources) {
        const bool is_journaled = std::any_of(
            attempt.resources.begin(), attempt.resources.end(),
            [&, &resource_id = id](const auto& entry) { return entry.second == resource_id; });
        if (held.kind != owned->kind || (!held.is_marked && !is_journaled)) continue;
        inventory.push_back({held.kind, id, held.name, shown_status(held), held.is_marked});
      }
      outcome.apply_to = [kind = owned->kind, inventory](Discovered& discovered) {
        std::erase_if(discovered.inventory,
                      [kind](const ObservedResource& each) { return each.kind == kind; });
        discovered.inventory.insert(discovered.inventory.end(), inventory.begin(), inventory.end());
      };
    }
  }

  VirtualTime& time_;
  std::map<std::string, std::deque<Fate>> fates_;
  int process_ = 0;
  Fate fate_after_death_ = Fate::Answered;
  int last_id_ = 0;
};

}  // namespace mex::cluster
