#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mex::api::transcoding {

// A duration as people write it, in the form that protobuf's JSON has for it ("5400s"): "15m",
// "1h30m", "1d", "90s", "500ms", plain seconds "90", and what has that form already. Units come
// once each, the largest first. Nothing if it is none, or longer than a protobuf duration may be.
std::optional<std::string> plain_duration(std::string_view text);

}  // namespace mex::api::transcoding
