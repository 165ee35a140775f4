#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mex::openstack {

// A UUID as the services write them, in lower case, in whichever case a person pasted it; nothing
// if `text` is not one.
std::optional<std::string> parse_uuid(std::string_view text);

}  // namespace mex::openstack
