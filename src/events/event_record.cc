#include "events/event_record.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/status.h"

namespace mex::events {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

// All of 64 bits.
constexpr std::size_t kDigits = 20;

constexpr const char* kNormal = "Normal";
constexpr const char* kWarning = "Warning";

absl::Status damaged(std::string_view key, std::string_view what) {
  return base::error(absl::StatusCode::kDataLoss, "{}: {}", key, what);
}

absl::StatusOr<std::uint64_t> number_of(std::string_view key) {
  std::uint64_t number = 0;
  if (key.starts_with(kEventPrefix) && key.size() == kEventPrefix.size() + kDigits) {
    const char* end = key.data() + key.size();
    const auto [stop, error] = std::from_chars(key.data() + kEventPrefix.size(), end, number);
    if (error == std::errc() && stop == end && number > 0) return number;
  }
  return damaged(key, "is the key of no event");
}

Event read(const json& object) {
  Event event;
  const auto& type = object.at("type").get_ref<const std::string&>();
  event.type = type == kWarning ? Type::Warning : Type::Normal;
  object.at("kind").get_to(event.subject.kind);
  object.at("name").get_to(event.subject.name);
  object.at("tenant").get_to(event.subject.tenant);
  object.at("reason").get_to(event.reason);
  object.at("message").get_to(event.message);
  object.at("count").get_to(event.count);
  event.first = base::WallTime(milliseconds(object.at("first_ms").get<std::int64_t>()));
  event.last = base::WallTime(milliseconds(object.at("last_ms").get<std::int64_t>()));
  return event;
}

}  // namespace

std::string event_key(std::uint64_t number) {
  return fmt::format("{}{:020}", kEventPrefix, number);
}

std::string to_json(const Event& event) {
  const json object = {{"type", event.type == Type::Warning ? kWarning : kNormal},
                       {"kind", event.subject.kind},
                       {"name", event.subject.name},
                       {"tenant", event.subject.tenant},
                       {"reason", event.reason},
                       {"message", event.message},
                       {"count", event.count},
                       {"first_ms", event.first.time_since_epoch().count()},
                       {"last_ms", event.last.time_since_epoch().count()}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<Event> event_from_json(std::string_view key, std::string_view value) {
  MEX_ASSIGN_OR_RETURN(const std::uint64_t number, number_of(key));
  try {
    Event event = read(json::parse(value));
    event.number = number;
    return event;
  } catch (const json::exception& problem) {
    return damaged(key, problem.what());
  }
}

}  // namespace mex::events
