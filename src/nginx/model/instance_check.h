#pragma once

#include <vector>

#include "absl/status/status.h"
#include "nginx/model/instance.h"
#include "nginx/model/user.h"

namespace mex::nginx {

// InvalidArgument names the field ("ports[1].origin") and what would be right. What passes here can
// be rendered, and nginx reads it as meant. Pure.
absl::Status check(const Instance& instance);

// InvalidArgument names the field "users": a name or a hash is not one word to nginx's parser.
absl::Status check(const std::vector<User>& users);

}  // namespace mex::nginx
