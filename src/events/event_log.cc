#include "events/event_log.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "events/event_record.h"
#include "events/one_line.h"

namespace mex::events {
namespace {

constexpr std::size_t kMaxName = 300;  // a DNS name has 253
constexpr std::size_t kMaxMessage = 1000;

bool is_same(const Event& a, const Event& b) {
  return a.type == b.type && a.subject == b.subject && a.reason == b.reason &&
         a.message == b.message;
}

bool matches(const Event& event, const EventFilter& filter) {
  const auto fits = [](const std::string& wanted, const std::string& is) {
    return wanted.empty() || wanted == is;
  };
  return fits(filter.kind, event.subject.kind) && fits(filter.name, event.subject.name) &&
         fits(filter.tenant, event.subject.tenant) && (!filter.type || *filter.type == event.type);
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLog>> EventLog::open(store::Store& store,
                                                         const base::Clock& clock, Limits limits) {
  std::unique_ptr<EventLog> log(new EventLog(store, clock, limits));
  MEX_RETURN_IF_ERROR(log->read_store());
  return log;
}

absl::Status EventLog::read_store() {
  const base::MutexLock lock(mutex_);
  MEX_ASSIGN_OR_RETURN(const auto entries, store_.list(kEventPrefix));
  store::Transaction transaction;
  for (const store::Entry& entry : entries) {
    // Also of an event that cannot be read: no other one may get its number.
    if (const auto number = event_number(entry.key); number.ok()) last_number_ = *number;
    auto event = event_from_json(entry.key, entry.value);
    if (event.ok()) {
      events_.emplace(event->number, *std::move(event));
    } else {
      store_.set_aside(entry.key, event.status());
    }
  }
  // The limits may have been larger in an earlier process.
  while (events_.size() > limits_.all) erase(events_.begin(), transaction);
  return transaction.empty() ? absl::OkStatus() : store_.commit(transaction).status();
}

EventLog::Events::iterator EventLog::erase(Events::iterator event,
                                           store::Transaction& transaction) {
  transaction.erase(event_key(event->first));
  return events_.erase(event);
}

Event EventLog::merge_with_previous(Event event, store::Transaction& transaction) {
  const auto previous = std::find_if(events_.begin(), events_.end(),
                                     [&](const auto& each) { return is_same(each.second, event); });
  if (previous == events_.end()) return event;
  event.count = previous->second.count + 1;
  event.first = previous->second.first;
  erase(previous, transaction);
  return event;
}

void EventLog::drop_oldest(const Subject& subject, store::Transaction& transaction) {
  while (events_.size() > limits_.all) erase(events_.begin(), transaction);
  const auto is_of_subject = [&](const auto& each) { return each.second.subject == subject; };
  const auto held = std::count_if(events_.begin(), events_.end(), is_of_subject);
  if (static_cast<std::size_t>(held) <= limits_.of_subject) return;
  erase(std::find_if(events_.begin(), events_.end(), is_of_subject), transaction);
}

void EventLog::record(Type type, const Subject& subject, std::string_view reason,
                      std::string_view message) {
  const base::MutexLock one_at_a_time(record_mutex_);
  const base::WallTime now = clock_.wall_now();
  Event event{.type = type,
              .subject = {.kind = subject.kind,
                          .name = one_line(subject.name, kMaxName),
                          .tenant = one_line(subject.tenant, kMaxName)},
              .reason = std::string(reason),
              .message = one_line(message, kMaxMessage),
              .first = now,
              .last = now};
  store::Transaction transaction;
  {
    const base::MutexLock lock(mutex_);
    event = merge_with_previous(std::move(event), transaction);
    event.number = ++last_number_;
    transaction.put(event_key(event.number), to_json(event));
    const Subject own = event.subject;
    events_.emplace(event.number, std::move(event));
    drop_oldest(own, transaction);
  }
  if (const auto stored = store_.commit(transaction); !stored.ok()) {
    log::error("could not store an event",
               {{"reason", stored.status()}, {"event", reason}, {"message", message}});
  }
}

EventPage EventLog::page(const EventFilter& filter, std::uint64_t before, std::size_t limit) const {
  const base::MutexLock lock(mutex_);
  EventPage page;
  auto next = before == 0 ? events_.end() : events_.lower_bound(before);
  while (next != events_.begin()) {
    --next;
    if (!matches(next->second, filter)) continue;
    page.has_more = page.events.size() == limit;
    if (page.has_more) break;
    page.events.push_back(next->second);
  }
  return page;
}

}  // namespace mex::events
