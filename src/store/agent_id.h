#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "store/store.h"

namespace mex::store {

inline constexpr std::size_t kAgentIdLength = 8;

// The random name by which an agent knows what is its own (in a cloud, in a DNS zone): made the
// first time, and kept under `key`. DataLoss if what is kept there is none: it is set aside.
absl::StatusOr<std::string> load_or_make_agent_id(Store& store, std::string_view key);

}  // namespace mex::store
