#pragma once

#include <string>

#include "nginx/model/instance.h"
#include "nginx/render/configuration.h"
#include "nginx/render/port_group.h"

namespace mex::nginx {

// The part of http{} before the servers: what tells requests that may pass from those that may not.
// Empty where all may.
std::string cluster_requests_text(const Instance& instance);

// The location of a server in front of a cluster's API: it calls the masters with the identity of
// `files`, and trusts nobody but them.
std::string cluster_location_text(const Instance& instance, const PortEntry& entry,
                                  const FileNames& files);

}  // namespace mex::nginx
