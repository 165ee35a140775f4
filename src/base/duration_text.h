#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace mex::base {

// The longest that parse_duration takes, as google/protobuf/duration.proto has it.
inline constexpr std::chrono::seconds kMaxDuration{315'576'000'000};

// A duration as people write it: "15m", "1h30m", "1d", "90s", "500ms", or plain seconds "90". Units
// come once each, the largest first. Nothing if it is none, or longer than kMaxDuration.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace mex::base
