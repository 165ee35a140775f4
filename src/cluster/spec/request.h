#pragma once

#include <string>

namespace mex::cluster {

// A request as it came through the API, the fields of the provision call. Empty: the platform's
// default (the toml file, then the flavor).
struct ClusterRequest {
  std::string tenant;    // DNS label of at most 40 characters
  std::string name;      // DNS label of at most 40 characters, unique within the tenant
  std::string kind;      // cluster flavor, "kubernetes-mini-openstack"
  std::string flavor;    // Nova flavor of every node; a cluster flavor's name is taken as `kind`
  std::string image;     // name or id
  std::string network;   // existing network to put the nodes on; empty: its own
  std::string fixed_ip;  // IPv4 address of the first master
  std::string storage;   // volumes are not offered yet: must be empty
  std::string zone;      // availability zone
  std::string region;    // must be the configured one
  std::string metadata;  // "key=value,key=value": added to every server's metadata

  bool operator==(const ClusterRequest&) const = default;
};

}  // namespace mex::cluster
