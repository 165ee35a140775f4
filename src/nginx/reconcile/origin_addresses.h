#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "net/origin_policy.h"
#include "nginx/model/instance.h"
#include "nginx/model/stored_instance.h"
#include "nginx/render/resolved_instance.h"

namespace mex::nginx {

// What the names of origins resolve to. nginx looks a name up once, at its start, and accepts
// whatever address it gets; so the agent looks names up itself, every 30 seconds, and no name leads
// to where an origin may not be: the agent's own API, which trusts callers of this machine, or the
// cloud's metadata. A name that does not resolve keeps the addresses that it had, also those that
// an earlier start of the agent stored. Called by one thread at a time; waits for the resolver.
class OriginAddresses {
 public:
  // All references outlive this object.
  OriginAddresses(const net::OriginPolicy& policy, const base::Clock& clock)
      : policy_(policy), clock_(clock) {}

  // The origins with their addresses, as they are now. Names on a container network are left to the
  // engine's name server. An address that cannot be an origin's is left out. An origin says what is
  // wrong with it in `problem`; the others are as they should be.
  ResolvedOrigins resolve_available(const std::vector<Origin>& origins, bool is_on_host);

  // The same for what an operator asks for now: all of them, or an error that names `field`.
  //   InvalidArgument     an origin may not be where it is
  //   FailedPrecondition  a name does not resolve now, and never did
  absl::StatusOr<ResolvedOrigins> resolve(const std::vector<Origin>& origins, bool is_on_host,
                                          const std::string& field);

  // What was known of a name before this object was.
  void remember(const KnownAddresses& known);

 private:
  struct Known {
    std::vector<std::string> addresses;
    absl::Status status;       // of the last look-up
    base::SteadyTime until{};  // then it is looked up again
  };
  // What is known of the name, looked up if that is due, or if it is not known and `is_asked` is
  // set.
  const Known& look_up(const std::string& name, bool is_asked);
  // `refused` is why one of its addresses cannot be an origin's.
  ResolvedOrigin resolve_one(const Origin& origin, bool is_on_host, bool is_asked,
                             absl::Status& refused);
  absl::Status check(const std::string& address, const Origin& origin) const;

  const net::OriginPolicy& policy_;
  const base::Clock& clock_;
  std::map<std::string, Known> known_;
};

// Of all names among the origins whose addresses are known.
std::vector<KnownAddresses> known_addresses(const ResolvedInstance& instance);

}  // namespace mex::nginx
