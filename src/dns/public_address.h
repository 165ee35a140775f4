#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dns/dns_provider.h"

namespace mex::dns {

// Whether packets of the whole Internet can be addressed to it: no address of private, shared,
// loopback, link-local, documentation or multicast use (the registries of RFC 6890).
bool is_public(std::string_view address);

// The public addresses of this machine's interfaces, or, public or not, all global ones of one
// interface that is named. NotFound if there is none.
absl::StatusOr<std::vector<std::string>> interface_addresses(const std::string& interface = "");

// Where every server of an OpenStack finds the metadata service.
inline constexpr const char* kMetadataUrl = "http://169.254.169.254";

// What the metadata service at `url` says of the floating address of this very machine. NotFound if
// it has none, Unavailable without a service.
absl::StatusOr<std::vector<std::string>> metadata_addresses(const std::string& url,
                                                            const base::CallLimits& limits);

// The id in Nova of the server that this machine is. NotFound if the service does not say,
// Unavailable without one.
absl::StatusOr<std::string> metadata_server_id(const std::string& url,
                                               const base::CallLimits& limits);

// The floating addresses that lead to the server of that id. NotFound if there is none.
using FloatingAddresses = std::function<absl::StatusOr<std::vector<std::string>>(
    const std::string& server_id, const base::CallLimits& limits)>;

// Where an address of this machine may be known, in the order in which it is asked.
struct AddressSources {
  std::vector<std::string> configured;  // by the operator; empty: found out
  std::string interface;                // this one's and no other; empty: a public one of any
  std::function<absl::StatusOr<std::vector<std::string>>(const std::string& interface)> interfaces =
      interface_addresses;
  std::string metadata_url = kMetadataUrl;  // without a slash at its end
  FloatingAddresses floating;               // null: no cloud to ask
};

// The addresses by which this machine is reached, of the first source that has any. NotFound says
// why none has.
absl::StatusOr<std::vector<std::string>> public_addresses(const AddressSources& sources,
                                                          const base::CallLimits& limits);

}  // namespace mex::dns
