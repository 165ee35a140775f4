#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kubernetes/client.h"

namespace mex::kubernetes {

// Where objects of a kind live in the API, asked once per group and version. For one thread.
class Discovery {
 public:
  explicit Discovery(Client& client) : client_(client) {}

  // The path of `object`: "/apis/apps/v1/namespaces/default/deployments/web". An object of a
  // namespaced kind without a namespace is in "default".
  //   NotFound  the server does not know the kind (yet)
  absl::StatusOr<std::string> path_of(const nlohmann::json& object, const base::CallLimits& limits);

  // Forgets what was asked: for kinds that were made meanwhile.
  void forget() { kinds_.clear(); }

 private:
  struct Kind {
    std::string resource;  // "deployments"
    bool namespaced = false;
  };
  using Kinds = std::map<std::string, Kind>;

  absl::StatusOr<const Kinds*> kinds_of(const std::string& api_version,
                                        const base::CallLimits& limits);

  Client& client_;
  std::map<std::string, Kinds> kinds_;  // by apiVersion
};

}  // namespace mex::kubernetes
