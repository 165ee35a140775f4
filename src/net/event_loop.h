#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/mutex.h"
#include "net/coarse_clock.h"
#include "net/deferred.h"
#include "net/timer.h"

namespace mex::net {

// What an edge reported of a descriptor. It is reported once, so a handler remembers it
// until an operation reports that it has to wait.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool peer_closed = false;  // half-closed, closed or failed: read on until End or Failed
  bool failed = false;       // a reset or another error
};

class IoHandler {
 public:
  virtual void on_ready(Readiness readiness) = 0;

 protected:
  ~IoHandler() = default;
};

// Base of objects whose destruction is put off to the end of the loop's turn, because their own
// methods may still be on the stack. See EventLoop::destroy_later.
class Disposable {
 public:
  Disposable() = default;
  Disposable(const Disposable&) = delete;
  Disposable& operator=(const Disposable&) = delete;
  virtual ~Disposable() = default;

 private:
  friend class EventLoop;
  std::unique_ptr<Disposable> next_disposed_;
};

// The heart of a shard: one thread waits here for descriptors, deadlines and messages. Everything
// but post() and stop() is for the loop's thread (before run(): for the thread that sets it up).
//
// A descriptor is registered once, edge-triggered, for both directions; there is no re-arming and
// no other system call per event. Handlers may unwatch and destroy anything at any time, also
// handlers that have an event in the batch being worked on: such events are dropped.
class EventLoop {
 public:
  using Task = std::function<void()>;

  // Fails when the kernel grants no epoll or event descriptor. `clock` must outlive the loop; by
  // default the kernel's coarse clock, which costs no system call and is exact to about 4 ms.
  static absl::StatusOr<std::unique_ptr<EventLoop>> create();
  static absl::StatusOr<std::unique_ptr<EventLoop>> create(const base::Clock& clock);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  // Names one registration for ever; 0 is none.
  using WatchId = std::uint64_t;

  // Reports readiness of `fd` to `handler` from now on, until unwatch(). Neither is owned. Returns
  // 0 if the kernel refuses (errno is kept). The first readiness is reported even if it is old.
  [[nodiscard]] WatchId watch(int fd, IoHandler& handler);

  // Reports readiness to `handler` from now on. Edges that were reported before are not repeated:
  // the new handler begins as if the descriptor were ready.
  void hand_over(WatchId id, IoHandler& handler);

  // Removes the registration. The caller closes the descriptor right afterwards, which is what
  // takes it out of the kernel's set. 0 is allowed.
  void unwatch(WatchId id);

  // The loop's time: read once per turn, so all deadlines armed in a turn agree.
  base::SteadyTime now() const { return timers_.now(); }
  base::WallTime wall_now() const { return clock_.wall_now(); }
  TimerWheel& timers() { return timers_; }

  // Calls `deferred` after the handler that runs now has returned: where output of several steps
  // is collected into one send.
  void after_event(Deferred& deferred);

  // Calls `deferred` after all that is ready in this turn or, from such a call, in the next one:
  // how a handler that could go on for long shares the thread, and where output of several handlers
  // is collected into one send.
  void next_turn(Deferred& deferred);

  // Destroys `object` at the end of this turn (or with the loop).
  void destroy_later(std::unique_ptr<Disposable> object);

  // Any thread: `task` runs on the loop's thread in order of posting. Tasks that the loop did not
  // get to are destroyed with it, unrun.
  void post(Task task);

  // Runs turns until stop(). May be run again afterwards.
  void run();
  // Any thread. run() returns at the end of its turn.
  void stop();

  // One turn: waits at most `longest` for something to do and does it.
  void run_once(std::chrono::milliseconds longest);

 private:
  struct Watch {
    IoHandler* handler = nullptr;
    std::uint32_t generation = 0;
    std::uint32_t next_free = 0;
  };

  EventLoop(const base::Clock& clock, base::Descriptor epoll, base::Descriptor wakeup);
  void wake();
  int wait_milliseconds(std::chrono::milliseconds longest) const;
  void dispatch(WatchId id, Readiness readiness);
  void run_after_event();
  void run_next_turn();
  void run_mailbox();
  void dispose();

  const base::Clock& clock_;
  base::Descriptor epoll_;
  base::Descriptor wakeup_;
  TimerWheel timers_;
  std::vector<Watch> watches_;  // slot 0 stands for the mailbox
  std::uint32_t free_watch_ = 0;
  DeferredList after_event_;
  DeferredList next_turn_;
  std::unique_ptr<Disposable> disposed_;
  std::atomic<bool> stopping_{false};

  base::Mutex mailbox_mutex_;
  std::vector<Task> mailbox_ ABSL_GUARDED_BY(mailbox_mutex_);
  std::vector<Task> running_tasks_;
};

}  // namespace mex::net
