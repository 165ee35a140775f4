#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "events/event.h"

// How an event lies in the store: its number is in the key, so that the keys' order is theirs.
namespace mex::events {

inline constexpr std::string_view kEventPrefix = "/events/";

std::string event_key(std::uint64_t number);
// DataLoss if it is not what event_key() made.
absl::StatusOr<std::uint64_t> event_number(std::string_view key);

// The number is not in the text.
std::string to_json(const Event& event);
// DataLoss, naming the key, if the entry is not what event_key() and to_json() made.
absl::StatusOr<Event> event_from_json(std::string_view key, std::string_view value);

}  // namespace mex::events
