#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cluster/flavor/flavor.h"

namespace mex::cluster {

// What the operator says about the cloud once, for all clusters: the toml file named by
// MEX_K8SOS_CONFIG and the user-data file named by MEX_K8SOS_USERDATA. Empty: not said.
struct PlatformConfig {
  // [defaults]: for requests that leave the field empty
  std::string region;
  std::string zone;
  std::string image;
  std::string network;           // shared network to put clusters on; empty: each has its own
  std::string subnet;            // of that network, where it has several: name, id or block
  std::string flavor;            // Nova flavor
  std::string external_network;  // for the routers of isolated clusters, where there are several

  // [kubernetes]
  std::vector<std::string> master_addresses;  // nodeaddrs with role k8s-master
  std::vector<std::string> worker_addresses;  // nodeaddrs with role k8s-node
  std::string proxy_address;                  // proxyaddr
  std::string master_address;                 // masteraddr
  // For flavors that leave them open (Platform: not said).
  ImageStyle image_style = ImageStyle::Platform;
  std::string apt_source;
  ImageQuirks image_quirks;

  std::string user_data;  // sent to every server as it is

  // Block out of which isolated clusters get their subnets.
  std::string address_pool = "10.101.0.0/16";
};

struct PlatformText {
  PlatformConfig config;
  std::vector<std::string> warnings;  // unknown keys, one line each
};

// Reads the text of a toml file. `source` is its name, for messages. Errors are InvalidArgument,
// one line: "/k8sopenstack/.k8sopenstack.toml:7: defaults.zone: must be a string".
absl::StatusOr<PlatformText> parse_platform_toml(std::string_view text, std::string_view source);

// Reads both files; an empty path means that there is none. Warnings are logged.
absl::StatusOr<PlatformConfig> load_platform_config(const std::string& toml_path,
                                                    const std::string& user_data_path);

}  // namespace mex::cluster
