#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cluster/health/absence.h"
#include "cluster/health/server_sweep.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {

// Looks at all servers of this agent: one list, and a GET for each expected server that the list
// does not have, a few in each sweep. One sweep at a time.
class ServerSweeper {
 public:
  // All references outlive the sweeper.
  ServerSweeper(Cloud& cloud, std::string agent_id, base::Clock& clock, const Timing& timing);

  ServerSweep sweep(const std::vector<ExpectedServer>& expected, const std::stop_token& stop);

 private:
  void read_unlisted(ServerSweep& sweep, const std::vector<ExpectedServer>& expected,
                     const std::stop_token& stop);
  std::vector<ExpectedServer> next_to_read(std::vector<ExpectedServer> unlisted) const;
  void add_faults(ServerSweep& sweep, const openstack::CallContext& context);

  Cloud& cloud_;
  const std::string agent_id_;
  base::Clock& clock_;
  const Timing& timing_;
  Absence absence_;
  std::string last_read_;                      // the id after which the next sweep goes on
  std::map<std::string, std::string> faults_;  // by server
};

}  // namespace mex::cluster
