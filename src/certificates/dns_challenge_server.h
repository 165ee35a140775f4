#pragma once

#include <memory>
#include <string>
#include <vector>

#include "certificates/challenge_solver.h"
#include "dns/dns_provider.h"
#include "server/server_group.h"
#include "server/shard.h"

namespace mex::certificates {

// dns-01 by the agent's own provider: lego asks for TXT records at an address on loopback (its
// provider "httpreq"), with a password that is made for each order, and for the names of that order
// alone.
class DnsChallengeServer final : public ChallengeSolver {
 public:
  // `provider` outlives it.
  explicit DnsChallengeServer(dns::DnsProvider& provider) : provider_(provider) {}
  ~DnsChallengeServer() override { close(); }

  absl::StatusOr<ChallengeOptions> open(const std::vector<std::string>& names) override;
  void close() override;

 private:
  dns::DnsProvider& provider_;
  std::stop_source stopping_;
  // Its own thread, because it waits for the provider while it answers. lego asks one thing at a
  // time.
  std::unique_ptr<server::ShardGroup> shard_;
  std::unique_ptr<server::ServerGroup> server_;
};

}  // namespace mex::certificates
