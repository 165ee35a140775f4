#include "api/v1/timestamp.h"

#include <chrono>
#include <cstdint>

namespace mex::api {

google::protobuf::Timestamp timestamp(base::WallTime time) {
  const auto since_epoch = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  google::protobuf::Timestamp result;
  result.set_seconds(seconds.count());
  result.set_nanos(static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch - seconds).count()));
  return result;
}

}  // namespace mex::api
