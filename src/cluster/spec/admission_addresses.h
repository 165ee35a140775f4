#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "cluster/flavor/address_pool.h"
#include "cluster/spec/spec.h"

namespace mex::cluster {

// The pool that an isolated cluster's subnet is cut from: its flavor's, or else the platform's.
AddressPool pool_of(const ClusterSpec& spec, const AddressPool& platform_pool);

// Whether `spec.fixed_ip`, if it is given, can be the first master's address. Part of admit().
absl::Status check_fixed_ip(const ClusterSpec& spec, const AddressPool& platform_pool,
                            std::string_view field);

}  // namespace mex::cluster
