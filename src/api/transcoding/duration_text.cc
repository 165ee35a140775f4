#include "api/transcoding/duration_text.h"

#include <fmt/format.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/util/time_util.h>

#include "base/duration_text.h"

namespace mex::api::transcoding {

std::optional<std::string> plain_duration(std::string_view text) {
  google::protobuf::Duration duration;
  if (google::protobuf::util::TimeUtil::FromString(std::string(text), &duration)) {
    return std::string(text);
  }
  const auto parsed = base::parse_duration(text);
  if (!parsed) return std::nullopt;
  const std::int64_t milliseconds = parsed->count();
  if (milliseconds % 1000 == 0) return fmt::format("{}s", milliseconds / 1000);
  return fmt::format("{}.{:03}s", milliseconds / 1000, milliseconds % 1000);
}

}  // namespace mex::api::transcoding
