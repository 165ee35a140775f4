#pragma once

#include <string>
#include <vector>

#include "base/ipv4.h"
#include "cluster/spec/spec.h"

// The addresses that a cluster holds, as keys of the store: a key that exists twice would be one
// address given to two clusters. Pure.
namespace mex::cluster {

// The blocks a cluster holds: the /24 blocks of its subnet, or one /32 for each address that is
// fixed on an existing network.
std::vector<std::string> address_keys(const ClusterSpec& spec);
// Those that stand for `block` where `spec` has its addresses: isolated clusters share one space,
// every shared network has its own, and so have the external ones.
std::vector<std::string> address_keys(const ClusterSpec& spec, const base::Ipv4Block& block);

}  // namespace mex::cluster
