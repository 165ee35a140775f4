#include "events/event_record.h"

#include <charconv>

#include "base/record_json.h"
#include "base/status.h"
#include "store/record_format.h"

namespace mex::events {

static constexpr auto words_of(Type) {
  return base::words<Type>({{Type::Normal, "Normal"}, {Type::Warning, "Warning"}});
}

static constexpr auto fields_of(const Subject*) {
  using T = Subject;
  return base::fields(base::field("kind", &T::kind), base::field("name", &T::name),
                      base::field("tenant", &T::tenant));
}

static constexpr auto fields_of(const Event*) {
  using T = Event;
  return base::fields(base::field("type", &T::type), base::flat(&T::subject),
                      base::field("reason", &T::reason), base::field("message", &T::message),
                      base::field("count", &T::count), base::field("first_ms", &T::first),
                      base::field("last_ms", &T::last));
}

namespace {

// All of 64 bits.
constexpr std::size_t kDigits = 20;

}  // namespace

std::string event_key(std::uint64_t number) {
  return fmt::format("{}{:020}", kEventPrefix, number);
}

absl::StatusOr<std::uint64_t> event_number(std::string_view key) {
  std::uint64_t number = 0;
  if (key.starts_with(kEventPrefix) && key.size() == kEventPrefix.size() + kDigits) {
    const char* end = key.data() + key.size();
    const auto [stop, error] = std::from_chars(key.data() + kEventPrefix.size(), end, number);
    if (error == std::errc() && stop == end && number > 0) return number;
  }
  return base::damaged_record(key, "it is not the key of an event");
}

std::string to_json(const Event& event) { return store::write_record(event); }

absl::StatusOr<Event> event_from_json(std::string_view key, std::string_view value) {
  MEX_ASSIGN_OR_RETURN(const std::uint64_t number, event_number(key));
  MEX_ASSIGN_OR_RETURN(Event event, store::read_record<Event>(value, key));
  event.number = number;
  return event;
}

}  // namespace mex::events
