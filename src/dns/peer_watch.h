#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "dns/claim.h"

namespace mex::dns {

// Which agents behind a name are alive: those whose claims show another heartbeat from time to
// time. Measured by this machine's steady clock, so that no two machines' clocks are compared. One
// thread.
class PeerWatch {
 public:
  // An agent whose heartbeat has not changed for so long is dead.
  explicit PeerWatch(std::chrono::seconds patience) : patience_(patience) {}

  void see(const std::string& name, const Claim& claim, base::SteadyTime now);
  // Of those that claim the name.
  std::set<std::string> dead(const std::string& name, base::SteadyTime now) const;

 private:
  struct Peer {
    std::uint64_t heartbeat;
    base::SteadyTime since;
  };

  const std::chrono::seconds patience_;
  std::map<std::pair<std::string, std::string>, Peer> peers_;  // by name and agent
};

}  // namespace mex::dns
