#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "openstack/call_context.h"

namespace mex::openstack {

class Session;

// A microversion of Nova's API: "2.69".
struct Microversion {
  int major = 2;
  int minor = 1;

  auto operator<=>(const Microversion&) const = default;
};

std::string to_string(const Microversion& version);
std::optional<Microversion> parse_microversion(std::string_view text);

// The oldest that has what the constant is named for (Nova's "REST API Version History").
inline constexpr Microversion kHasDescriptions{2, 19};
inline constexpr Microversion kHasServerTags{2, 26};
inline constexpr Microversion kTakesTagsWithTheServer{2, 52};  // Pike, 2017
inline constexpr Microversion kTakesVolumeTypes{2, 67};
inline constexpr Microversion kKnowsDownCells{2, 69};  // Stein, 2019
// The last at which a server names its flavor by the id.
inline constexpr Microversion kHasFlavorIds{2, 46};

// What Nova's version document says, asked once. Thread-safe.
class ComputeVersion {
 public:
  // The highest that the cloud has; nothing if it does not say it. What could not be asked is asked
  // again.
  std::optional<Microversion> highest(Session& session, const CallContext& context);

 private:
  base::Mutex mutex_;
  bool is_asked_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Microversion> highest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::openstack
