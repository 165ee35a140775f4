#pragma once

#include <string>
#include <vector>

#include "nginx/render/port_group.h"

namespace mex::nginx {

// Who a client is and what one may take, so that none keeps the others out: `connections` is how
// many there may be at all. What is refused is a line of the log with "limiting", and a word of the
// session log.

// For http{} and for stream{}.
std::string http_limits_text(const Instance& instance, const std::vector<PortGroup>& groups,
                             std::size_t connections);
std::string stream_limits_text(std::size_t connections);

// For the server of a group.
std::string http_limit_text(const Instance& instance, const Port& port);
std::string stream_limit_text(const Instance& instance, const Port& port);

}  // namespace mex::nginx
