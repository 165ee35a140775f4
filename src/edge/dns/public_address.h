#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "edge/dns/dns_provider.h"

namespace mex::edge::dns {

// Whether packets of the whole Internet can be addressed to it: no address of private, shared,
// loopback, link-local, documentation or multicast use (the registries of RFC 6890).
bool is_public(std::string_view address);

// The public addresses of this machine's interfaces, or, public or not, all global ones of one
// interface that is named. NotFound if there is none.
absl::StatusOr<std::vector<std::string>> interface_addresses(const std::string& interface = "");

// What an OpenStack metadata service says of the floating address of this very machine
// ("…/latest/meta-data/public-ipv4"). NotFound if it has none, Unavailable without a service.
absl::StatusOr<std::vector<std::string>> metadata_addresses(const std::string& url,
                                                            const CallLimits& limits);
inline constexpr std::string_view kMetadataUrl =
    "http://169.254.169.254/latest/meta-data/public-ipv4";

}  // namespace mex::edge::dns
