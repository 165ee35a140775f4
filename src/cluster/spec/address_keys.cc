#include "cluster/spec/address_keys.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "cluster/flavor/address_pool.h"

namespace mex::cluster {

std::vector<std::string> address_keys(const ClusterSpec& spec, const base::Ipv4Block& block) {
  std::string_view space = "-";
  if (spec.scheme == NetworkScheme::Shared) space = spec.network;
  if (spec.scheme == NetworkScheme::External) space = "external";
  std::vector<std::string> keys;
  for (const base::Ipv4Block& unit : units_of(block)) {
    keys.push_back(fmt::format("/addresses/{}/{}", space, to_string(unit)));
  }
  return keys;
}

std::vector<std::string> address_keys(const ClusterSpec& spec) {
  if (const auto subnet = base::parse_ipv4_block(spec.subnet)) return address_keys(spec, *subnet);
  std::vector<std::string> keys;
  for (const NodeSpec& node : spec.nodes) {
    const auto address = base::parse_ipv4(node.address);
    if (!address) continue;
    for (std::string& key : address_keys(spec, {*address, 32})) keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace mex::cluster
