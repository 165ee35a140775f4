#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "net/origin_policy.h"
#include "nginx/model/instance.h"

namespace mex::nginx {

// What the names of origins stand for. nginx looks a name up once, at its start, and takes whatever
// address it gets; so we look names up ourselves, again and again, and no name leads to where an
// origin may not be: the agent's own API, which trusts callers of this machine, or the cloud's
// metadata. Called by one thread at a time; waits for the resolver.
class OriginAddresses {
 public:
  // All references outlive this object.
  OriginAddresses(const net::OriginPolicy& policy, const base::Clock& clock)
      : policy_(policy), clock_(clock) {}

  // `instance` with its origins' addresses. On a container network names are left to the engine's
  // own name server. Once known, a name whose look-up fails keeps its addresses.
  //   InvalidArgument     an origin may not be where it is; names the field
  //   FailedPrecondition  a name is not known now
  absl::StatusOr<Instance> resolved(Instance instance);

 private:
  struct Known {
    std::vector<std::string> addresses;
    base::SteadyTime until;
  };
  absl::StatusOr<std::vector<std::string>> look_up(const std::string& name);
  absl::Status check(const std::string& address, const Origin& origin) const;

  const net::OriginPolicy& policy_;
  const base::Clock& clock_;
  std::map<std::string, Known> known_;
};

}  // namespace mex::nginx
