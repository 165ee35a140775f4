#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "net/origin_policy.h"
#include "nginx/model/instance.h"
#include "nginx/render/resolved_instance.h"

namespace mex::nginx {

// What the names of origins resolve to. nginx looks a name up once, at its start, and accepts
// whatever address it gets; so the agent looks names up itself, every 30 seconds, and no name leads
// to where an origin may not be: the agent's own API, which trusts callers of this machine, or the
// cloud's metadata. Called by one thread at a time; waits for the resolver.
class OriginAddresses {
 public:
  // All references outlive this object.
  OriginAddresses(const net::OriginPolicy& policy, const base::Clock& clock)
      : policy_(policy), clock_(clock) {}

  // The origins with their addresses. Names on a container network are left to the engine's name
  // server. Once known, a name whose look-up fails keeps its addresses. Errors name `field`.
  //   InvalidArgument     an origin may not be where it is
  //   FailedPrecondition  a name does not resolve now
  absl::StatusOr<ResolvedOrigins> resolve(const std::vector<Origin>& origins, bool is_on_host,
                                          const std::string& field);

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
