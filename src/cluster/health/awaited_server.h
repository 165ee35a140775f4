#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cluster/health/awaited_node.h"
#include "cluster/health/server_sweep.h"
#include "cluster/records/views.h"

// What a list of servers means for a server that is to become ACTIVE, or to disappear. Pure.
namespace mex::cluster {

// The server, and for how long it was waited for while Nova could be asked.
struct AwaitedServer {
  std::string id;
  std::string name;
  Reason reason;  // why it was still waited for before this list
  std::chrono::milliseconds waited{};
  std::chrono::milliseconds deadline{};
};

AwaitedVerdict judge_boot(const AwaitedServer& server, const ServerSweep& sweep);

// Nova has chosen the host on which it runs. False as well where it looked for one in vain.
bool has_host(const std::string& server_id, const ServerSweep& sweep);

// False unless that is proved; see absence.h.
bool has_disappeared(const std::string& server_id, const ServerSweep& sweep);

// Null if the list does not have it.
const openstack::Server* find_server(const ServerSweep& sweep, const std::string& id);

// Another server of that name which is as good as `broken`, which is in ERROR. Two servers are
// asked for with one port when a call takes effect late: the loser goes to ERROR.
std::optional<std::string> replacement_of(const std::string& broken, const std::string& name,
                                          const ServerSweep& sweep);

}  // namespace mex::cluster
