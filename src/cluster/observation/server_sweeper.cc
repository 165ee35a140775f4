#include "cluster/observation/server_sweeper.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "base/log.h"
#include "cluster/health/awaited_server.h"
#include "cluster/spec/resource.h"

namespace mex::cluster {
namespace {

// One sweep is never much more than a list, however many servers a list lacks.
constexpr std::size_t kMaxReads = 32;

}  // namespace

ServerSweeper::ServerSweeper(Cloud& cloud, std::string agent_id, base::Clock& clock,
                             const Timing& timing)
    : cloud_(cloud),
      agent_id_(std::move(agent_id)),
      clock_(clock),
      timing_(timing),
      absence_(timing.vanished) {}

ServerSweep ServerSweeper::sweep(const std::vector<ExpectedServer>& expected,
                                 const std::stop_token& stop) {
  const openstack::CallContext context{{clock_.steady_now() + timing_.call, stop}};
  openstack::ServerFilter ours;
  ours.tags = {agent_tag(agent_id_)};
  auto servers = cloud_.nova.list_servers(ours, context);
  ServerSweep sweep;
  sweep.seen = clock_.wall_now();
  sweep.seen_steady = clock_.steady_now();
  sweep.status = servers.status();
  if (servers.ok()) {
    for (openstack::Server& server : *servers) {
      sweep.servers.emplace(server.id, std::move(server));
    }
    read_unlisted(sweep, expected, stop);
    add_faults(sweep, context);
  } else if (!stop.stop_requested()) {
    log::warning("the servers could not be listed", {{"status", servers.status()}});
  }
  return sweep;
}

void ServerSweeper::read_unlisted(ServerSweep& sweep, const std::vector<ExpectedServer>& expected,
                                  const std::stop_token& stop) {
  std::set<std::string> ids;
  std::vector<ExpectedServer> unlisted;
  bool has_witness = false;
  for (const ExpectedServer& server : expected) {
    if (!ids.insert(server.id).second) continue;
    if (find_server(sweep, server.id) == nullptr) {
      unlisted.push_back(server);
      continue;
    }
    absence_.note(server, Absence::Answer::Found, true, sweep.seen_steady);
    has_witness = has_witness || !server.is_being_removed;
  }
  absence_.retain_only(ids);
  std::vector<ExpectedServer> not_found;
  const openstack::CallContext context{{clock_.steady_now() + timing_.unlisted_servers, stop}};
  for (const ExpectedServer& server : next_to_read(std::move(unlisted))) {
    if (!server.is_being_removed) last_read_ = server.id;
    auto read = cloud_.nova.get_server(server.id, context);
    if (absl::IsNotFound(read.status()) || (read.ok() && read->status == "DELETED")) {
      not_found.push_back(server);
    } else if (read.ok()) {
      absence_.note(server, Absence::Answer::Found, true, sweep.seen_steady);
      sweep.servers.emplace(server.id, *std::move(read));
      has_witness = has_witness || !server.is_being_removed;
    } else {
      // Nothing is known of this one; the next sweep begins with another.
      log::info("a server that the list lacks could not be read",
                {{"server", server.id}, {"status", read.status()}});
      break;
    }
  }
  for (const ExpectedServer& server : not_found) {
    absence_.note(server, Absence::Answer::NotFound, has_witness, sweep.seen_steady);
  }
  sweep.gone = absence_.gone();
}

// Those that an operation waits to be gone come first; among the others, those that were not read
// for the longest time.
std::vector<ExpectedServer> ServerSweeper::next_to_read(
    std::vector<ExpectedServer> unlisted) const {
  std::sort(unlisted.begin(), unlisted.end(), [&](const auto& a, const auto& b) {
    const auto rank = [&](const ExpectedServer& server) {
      return server.is_being_removed ? 0 : server.id > last_read_ ? 1 : 2;
    };
    return rank(a) != rank(b) ? rank(a) < rank(b) : a.id < b.id;
  });
  if (unlisted.size() > kMaxReads) unlisted.resize(kMaxReads);
  return unlisted;
}

// A list often lacks the reason why a server is in ERROR (one that no host took has it in another
// of Nova's databases). It is asked for once for each such server.
void ServerSweeper::add_faults(ServerSweep& sweep, const openstack::CallContext& context) {
  std::map<std::string, std::string> known = std::move(faults_);
  faults_.clear();
  for (auto& [id, server] : sweep.servers) {
    if (server.status != "ERROR" || !server.fault.empty()) continue;
    if (const auto before = known.find(id); before != known.end()) {
      server.fault = before->second;
    } else if (const auto whole = cloud_.nova.get_server(id, context); whole.ok()) {
      server.fault = whole->fault;
    } else {
      continue;  // asked for again with the next sweep
    }
    faults_[id] = server.fault;
  }
}

}  // namespace mex::cluster
