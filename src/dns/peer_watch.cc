#include "dns/peer_watch.h"

namespace mex::dns {

void PeerWatch::see(const std::string& name, const Claim& claim, base::SteadyTime now) {
  const auto [peer, is_new] =
      peers_.try_emplace(std::pair(name, claim.agent), Peer{claim.heartbeat, now});
  if (!is_new && peer->second.heartbeat != claim.heartbeat) peer->second = {claim.heartbeat, now};
}

std::set<std::string> PeerWatch::dead(const std::string& name, base::SteadyTime now) const {
  std::set<std::string> dead;
  for (const auto& [key, peer] : peers_) {
    if (key.first == name && now - peer.since > patience_) dead.insert(key.second);
  }
  return dead;
}

}  // namespace mex::dns
