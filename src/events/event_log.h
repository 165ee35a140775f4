#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
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
  // How many events are kept: of more, the oldest are dropped. The limit for one subject keeps a
  // restless one from displacing all others.
  struct Limits {
    std::size_t all = 1000;
    std::size_t of_subject = 100;
  };

  // Reads what an earlier process kept. Store and clock outlive this object. Errors are the
  // store's; records that cannot be read are set aside.
  static absl::StatusOr<std::unique_ptr<EventLog>> open(store::Store& store,
                                                        const base::Clock& clock, Limits limits);
  static absl::StatusOr<std::unique_ptr<EventLog>> open(store::Store& store,
                                                        const base::Clock& clock) {
    return open(store, clock, Limits());
  }
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // Records an event that happens now. Waits for the disk; if that fails, the event is kept in
  // memory only, and the failure is logged. Texts may come from other programs: they are made one
  // line and cut at 1,000 bytes.
  void record(Type type, const Subject& subject, std::string_view reason, std::string_view message);

  // At most `limit` of the events with numbers below `before`; 0: the newest.
  EventPage page(const EventFilter& filter, std::uint64_t before, std::size_t limit) const;

 private:
  using Events = std::map<std::uint64_t, Event>;  // by number

  EventLog(store::Store& store, const base::Clock& clock, Limits limits)
      : store_(store), clock_(clock), limits_(limits) {}

  absl::Status read_store();
  // Replaces an equal event of before, whose count goes on.
  Event merge_with_previous(Event event, store::Transaction& transaction)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void drop_oldest(const Subject& subject, store::Transaction& transaction)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Events::iterator erase(Events::iterator event, store::Transaction& transaction)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  store::Store& store_;
  const base::Clock& clock_;
  const Limits limits_;
  // Held while the disk is waited for, so that records are stored one at a time and in order.
  base::Mutex record_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  mutable base::Mutex mutex_;
  Events events_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mex::events
