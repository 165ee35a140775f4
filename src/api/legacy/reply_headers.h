#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mex::api {

// What a reply says beside its message: gRPC initial metadata, and over REST headers of the same
// name. Names are lower case and begin with "x-mex-".
using ReplyHeaders = std::vector<std::pair<std::string, std::string>>;

}  // namespace mex::api
