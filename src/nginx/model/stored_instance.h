#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "nginx/model/instance.h"

namespace mex::nginx {

// How instances lie in the store: key "/nginx/<full name>", value JSON.
inline constexpr std::string_view kInstancePrefix = "/nginx/";
std::string instance_key(const Instance& instance);

// What the name of an origin led to when it was last looked up.
struct KnownAddresses {
  std::string host;
  std::vector<std::string> addresses;

  bool operator==(const KnownAddresses&) const = default;
};

struct StoredInstance {
  Instance instance;
  std::uint16_t status_port = 0;  // 0: the runtime needs none
  base::WallTime changed_at{};
  // Of the names among its origins: they are used while a name does not resolve.
  std::vector<KnownAddresses> known_addresses = {};
};
std::string to_json(const StoredInstance& stored);
// DataLoss, naming `key`, if `value` is not what to_json writes.
absl::StatusOr<StoredInstance> instance_from_json(std::string_view value, std::string_view key);

}  // namespace mex::nginx
