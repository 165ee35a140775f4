#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "events/event.h"
#include "store/store.h"

namespace mex::events {

// What a list is narrowed to; an empty member does not narrow. All must match.
struct EventFilter {
  std::string kind{};
  std::string name{};
  std::string tenant{};
  std::optional<Type> type{};
};

struct EventPage {
  std::vector<Event> events;  // newest first
  bool has_more = false;      // there are older ones
};

// The latest events, in the store and here. Thread-safe.
class EventLog {
 public:
  // Of how many events are kept; of more the oldest go. One subject that is restless does not take
  // the place of all others.
  struct Limits {
    std::size_t all = 1000;
    std::size_t of_subject = 100;
  };

  // Reads what an earlier process kept. Both are referred to and outlive this object. Errors are
  // the store's; records that cannot be read are dropped, and the log says so.
  static absl::StatusOr<std::unique_ptr<EventLog>> open(store::Store& store,
                                                        const base::Clock& clock, Limits limits);
  static absl::StatusOr<std::unique_ptr<EventLog>> open(store::Store& store,
                                                        const base::Clock& clock) {
    return open(store, clock, Limits());
  }
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // It happens now. Waits for the disk; if that fails, it is kept here alone, and the log says so.
  // Texts may be anything that another program said; they are made one line and cut at 1,000 bytes.
  void record(Type type, const Subject& subject, std::string_view reason, std::string_view message);

  // At most `most` of those with numbers below `before`; 0: the newest.
  EventPage page(const EventFilter& filter, std::uint64_t before, std::size_t most) const;

 private:
  using Events = std::map<std::uint64_t, Event>;  // by number

  EventLog(store::Store& store, const base::Clock& clock, Limits limits)
      : store_(store), clock_(clock), limits_(limits) {}

  absl::Status read_store();
  Event take_former(Event event, store::Transaction& transaction);
  void drop_oldest(const Subject& subject, store::Transaction& transaction);
  Events::iterator erase(Events::iterator event, store::Transaction& transaction);

  store::Store& store_;
  const base::Clock& clock_;
  const Limits limits_;
  std::mutex record_mutex_;   // held while the disk is waited for: one at a time, in order
  mutable std::mutex mutex_;  // for reading by page(), for writing under both
  Events events_;
  std::uint64_t last_number_ = 0;
};

}  // namespace mex::events
