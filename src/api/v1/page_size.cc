#include "api/v1/page_size.h"

#include <algorithm>

#include "base/status.h"

namespace mex::api {

absl::StatusOr<int> page_size_of(int requested) {
  constexpr int kDefaultSize = 100;
  constexpr int kMaxSize = 1000;
  if (requested < 0) return base::field_error("page_size", "must not be negative");
  return requested == 0 ? kDefaultSize : std::min(requested, kMaxSize);
}

}  // namespace mex::api
