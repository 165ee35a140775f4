#pragma once

#include <string>

#include "nginx/render/configuration.h"
#include "nginx/render/port_group.h"

namespace mex::nginx {

// The part of http{} before the servers: a map that says which requests may pass. Empty where all
// may.
std::string cluster_requests_text(const ResolvedInstance& instance);

// The location of a server in front of a cluster's API: it calls the masters with the identity of
// `files`, and trusts no other server.
std::string cluster_location_text(const ResolvedInstance& instance, const PortEntry& entry,
                                  const FileNames& files);

}  // namespace mex::nginx
