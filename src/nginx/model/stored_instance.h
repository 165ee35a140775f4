#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "nginx/model/instance.h"

namespace mex::nginx {

// How instances lie in the store: key "/nginx/<full name>", value JSON.
inline constexpr std::string_view kInstancePrefix = "/nginx/";
std::string instance_key(const Instance& instance);

struct StoredInstance {
  Instance instance;
  std::uint16_t status_port = 0;  // 0: the runtime needs none
  base::WallTime changed_at{};
};
std::string encode_instance(const StoredInstance& stored);
// DataLoss if `value` is not what encode_instance writes.
absl::StatusOr<StoredInstance> decode_instance(std::string_view value);

}  // namespace mex::nginx
