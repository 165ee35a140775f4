#pragma once

#include <string>

namespace mex::cluster {

// The answer to one request.
struct RequestResult {
  std::string operation_id;        // empty if nothing had to be started
  std::string cluster_id;          // empty if there is no such cluster (destroy)
  bool already_satisfied = false;  // what was asked for is there or under way
  std::string detail;              // one line for people
};

}  // namespace mex::cluster
