#include "agent/cluster_reach.h"

#include <utility>

#include "base/log.h"
#include "kubernetes/api_server_port.h"
#include "net/address.h"

namespace mex::agent {

std::vector<routing::ClusterWay> ways_of(const std::vector<cluster::ClusterEndpoints>& reach) {
  std::vector<routing::ClusterWay> ways;
  ways.reserve(reach.size());
  for (const cluster::ClusterEndpoints& each : reach) {
    routing::ClusterWay way{.cluster_id = each.cluster_id,
                            .api_server_name = each.api_server_name,
                            .api_servers = {},
                            .subnet = each.subnet,
                            .gateway = each.gateway};
    for (const std::string& master : each.master_addresses) {
      const auto address = net::Address::parse_ip(master, kubernetes::kApiServerPort);
      if (address.ok()) {
        way.api_servers.push_back(*address);
      } else {
        log::error("a master's address is none",
                   {{"cluster", each.cluster_id}, {"reason", address.status()}});
      }
    }
    ways.push_back(std::move(way));
  }
  return ways;
}

}  // namespace mex::agent
