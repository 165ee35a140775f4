#pragma once

#include <string>
#include <vector>

#include "nginx/render/configuration.h"
#include "nginx/render/port_group.h"

namespace mex::nginx {

// stream { … }: a server for each group of TCP and UDP ports; empty if there are none, so that an
// nginx without its stream module serves HTTP.
std::string stream_section(const ResolvedInstance& instance, const std::vector<PortGroup>& groups,
                           const RenderContext& context, const FileNames& files);

}  // namespace mex::nginx
