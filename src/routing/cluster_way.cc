#include "routing/cluster_way.h"

#include <utility>

#include "base/log.h"
#include "net/address.h"

namespace mex::routing {

std::vector<ClusterWay> to_ways(const std::vector<cluster::ClusterEndpoints>& endpoints) {
  std::vector<ClusterWay> ways;
  ways.reserve(endpoints.size());
  for (const cluster::ClusterEndpoints& each : endpoints) {
    ClusterWay way{.cluster_id = each.cluster_id,
                   .is_unknown = each.is_unknown,
                   .api_server_name = each.api_server_name,
                   .api_servers = {},
                   .subnet = each.subnet,
                   .gateway = each.gateway};
    for (const std::string& master : each.master_addresses) {
      const auto address = net::Address::parse_ip(master, each.api_server_port);
      if (address.ok()) {
        way.api_servers.push_back(*address);
      } else {
        log::error("invalid master address",
                   {{"cluster", each.cluster_id}, {"reason", address.status()}});
      }
    }
    ways.push_back(std::move(way));
  }
  return ways;
}

}  // namespace mex::routing
