#include "net/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/status.h"

namespace mex::net {
namespace {

constexpr std::size_t kEventsPerTurn = 128;
constexpr EventLoop::WatchId kMailboxId = 0;

Readiness readiness_of(std::uint32_t events) {
  // A hang-up without an error is the orderly end of both directions.
  const bool failed = (events & EPOLLERR) != 0;
  const bool peer_closed = failed || (events & (EPOLLRDHUP | EPOLLHUP)) != 0;
  return {.readable = peer_closed || (events & EPOLLIN) != 0,
          .writable = failed || (events & (EPOLLOUT | EPOLLHUP)) != 0,
          .peer_closed = peer_closed,
          .failed = failed};
}

bool add_to_epoll(int epoll, int fd, std::uint32_t events, EventLoop::WatchId id) {
  epoll_event event{};
  event.events = events | EPOLLET;
  event.data.u64 = id;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::create() { return create(coarse_clock()); }

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::create(const base::Clock& clock) {
  base::Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return base::errno_status(errno, "epoll_create1");
  base::Descriptor wakeup(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeup.valid()) return base::errno_status(errno, "eventfd");
  if (!add_to_epoll(epoll.get(), wakeup.get(), EPOLLIN, kMailboxId)) {
    return base::errno_status(errno, "epoll_ctl of the event descriptor");
  }
  return std::unique_ptr<EventLoop>(new EventLoop(clock, std::move(epoll), std::move(wakeup)));
}

EventLoop::EventLoop(const base::Clock& clock, base::Descriptor epoll, base::Descriptor wakeup)
    : clock_(clock),
      epoll_(std::move(epoll)),
      wakeup_(std::move(wakeup)),
      timers_(clock.steady_now()),
      watches_(1) {}

EventLoop::~EventLoop() { dispose(); }

EventLoop::WatchId EventLoop::watch(int fd, IoHandler& handler) {
  std::uint32_t index = free_watch_;
  if (index == 0) {
    index = static_cast<std::uint32_t>(watches_.size());
    watches_.push_back({.handler = nullptr, .generation = 1});
  }
  Watch& watch = watches_[index];
  const WatchId id = (WatchId{watch.generation} << 32U) | index;
  if (!add_to_epoll(epoll_.get(), fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP, id)) {
    if (free_watch_ == 0) watches_.pop_back();
    return 0;
  }
  if (free_watch_ != 0) free_watch_ = watch.next_free;
  watch.handler = &handler;
  return id;
}

void EventLoop::hand_over(WatchId id, IoHandler& handler) {
  Watch& watch = watches_[static_cast<std::uint32_t>(id)];
  MEX_DCHECK(watch.generation == id >> 32U, "a registration that is forgotten has no handler");
  watch.handler = &handler;
}

void EventLoop::unwatch(WatchId id) {
  if (id == 0) return;
  const auto index = static_cast<std::uint32_t>(id);
  Watch& watch = watches_[index];
  if (watch.generation != id >> 32U) return;
  ++watch.generation;
  watch.handler = nullptr;
  watch.next_free = std::exchange(free_watch_, index);
}

void EventLoop::after_event(Deferred& deferred) { after_event_.push(deferred); }

void EventLoop::next_turn(Deferred& deferred) { next_turn_.push(deferred); }

void EventLoop::destroy_later(std::unique_ptr<Disposable> object) {
  if (object == nullptr) return;
  object->next_disposed_ = std::move(disposed_);
  disposed_ = std::move(object);
}

void EventLoop::post(Task task) {
  bool was_empty = false;
  {
    const base::MutexLock lock(mailbox_mutex_);
    was_empty = mailbox_.empty();
    mailbox_.push_back(std::move(task));
  }
  if (was_empty) wake();
}

void EventLoop::stop() {
  stopping_.store(true, std::memory_order_release);
  wake();
}

// Never read back: each write makes one more edge, and the counter cannot overflow in practice.
void EventLoop::wake() {
  const std::uint64_t one = 1;
  while (::write(wakeup_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void EventLoop::run() {
  while (!stopping_.load(std::memory_order_acquire)) run_once(std::chrono::hours(1));
  stopping_.store(false, std::memory_order_relaxed);
}

void EventLoop::run_once(std::chrono::milliseconds longest) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): not zeroed for every turn
  std::array<epoll_event, kEventsPerTurn> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 wait_milliseconds(longest));
  timers_.set_now(clock_.steady_now());
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    dispatch(event.data.u64, readiness_of(event.events));
    run_after_event();
  }
  // After the events: what has arrived in time is not late because a deadline is due, too.
  timers_.fire_due();
  run_after_event();
  run_next_turn();
  dispose();
}

int EventLoop::wait_milliseconds(std::chrono::milliseconds longest) const {
  if (!next_turn_.empty() || disposed_ != nullptr) return 0;
  std::chrono::milliseconds wait = longest;
  if (const std::optional<base::SteadyTime> wakeup = timers_.next_wakeup()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*wakeup - clock_.steady_now());
    wait = std::clamp(left, std::chrono::milliseconds(0), longest);
  }
  return static_cast<int>(wait.count());
}

void EventLoop::dispatch(WatchId id, Readiness readiness) {
  if (id == kMailboxId) {
    run_mailbox();
    return;
  }
  const Watch& watch = watches_[static_cast<std::uint32_t>(id)];
  if (watch.generation == id >> 32U) watch.handler->on_ready(readiness);
}

void EventLoop::run_after_event() {
  while (after_event_.run_first()) {
  }
}

void EventLoop::run_next_turn() {
  DeferredList due;
  due.take_all(next_turn_);
  while (due.run_first()) run_after_event();
}

void EventLoop::run_mailbox() {
  {
    const base::MutexLock lock(mailbox_mutex_);
    running_tasks_.swap(mailbox_);
  }
  for (Task& task : running_tasks_) {
    task();
    run_after_event();
  }
  running_tasks_.clear();
}

void EventLoop::dispose() {
  // One at a time: destroying one object may dispose of others, and a chain of owners destroyed at
  // once would recurse.
  while (disposed_ != nullptr) {
    const std::unique_ptr<Disposable> object = std::move(disposed_);
    disposed_ = std::move(object->next_disposed_);
  }
}

}  // namespace mex::net
