#pragma once

#include <string>

#include "kubernetes/node_boot.h"

// Configuration of containerd, systemd and apt on a node. The values have passed check_node_boot.
namespace mex::kubernetes {

// Whether containerd's configuration is ours. An image that has everything in it keeps its own
// (a GPU image has its runtime in there) unless something was asked for.
bool manages_containerd(const NodeBoot& boot);

std::string containerd_toml(const NodeBoot& boot);

// certs.d/<registry>/hosts.toml: the mirror first, the registry itself after it.
std::string registry_hosts_toml(const RegistryMirror& mirror);

// A drop-in of containerd.service. The cluster's own names and networks are never proxied.
std::string systemd_proxy_text(const NodeBoot& boot);

std::string apt_proxy_text(const HttpProxy& proxy);

}  // namespace mex::kubernetes
