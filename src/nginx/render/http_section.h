#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nginx/render/configuration.h"
#include "nginx/render/port_group.h"

namespace mex::nginx {

// http { … }: the status server, and a server for each group of HTTP ports.
std::string http_section(const ResolvedInstance& instance, const std::vector<PortGroup>& groups,
                         const RenderContext& context, const FileNames& files,
                         std::string_view generation);

}  // namespace mex::nginx
