#include "routing/cluster_access.h"

#include <memory>
#include <utility>

#include "base/log.h"

namespace mex::routing {
namespace {

std::vector<ClusterRoute> to_routes(const std::vector<ClusterWay>& ways) {
  std::vector<ClusterRoute> routes;
  for (const ClusterWay& way : ways) {
    if (way.is_unknown || !way.subnet.empty()) {
      routes.push_back({way.cluster_id, way.subnet, way.gateway});
    }
  }
  return routes;
}

proxy::PassthroughTable to_table(const std::vector<ClusterWay>& ways) {
  proxy::PassthroughTable table;
  for (const ClusterWay& way : ways) {
    if (!way.api_server_name.empty()) table.emplace(way.api_server_name, way.api_servers);
  }
  return table;
}

std::string to_string(const proxy::PassthroughServers& servers) {
  std::string text;
  for (const auto& server : servers) text += (text.empty() ? "" : " ") + server.text();
  return text.empty() ? "none" : text;
}

void log_difference(const proxy::PassthroughTable& before, const proxy::PassthroughTable& after) {
  for (const auto& [name, servers] : after) {
    const auto previous = before.find(name);
    if (previous != before.end() && previous->second == servers) continue;
    log::info("API server passed through", {{"name", name}, {"servers", to_string(servers)}});
  }
  for (const auto& [name, servers] : before) {
    if (!after.contains(name)) log::info("API server not passed through", {{"name", name}});
  }
}

}  // namespace

void ClusterAccess::use(const std::vector<ClusterWay>& ways) {
  // The route comes first, so that connections by the name find the way.
  routes_.use_cluster_routes(to_routes(ways));
  if (apply_ == nullptr) return;
  proxy::PassthroughTable table = to_table(ways);
  if (table == table_) return;
  log_difference(table_, table);
  apply_(std::make_shared<const proxy::PassthroughTable>(table));
  table_ = std::move(table);
}

}  // namespace mex::routing
