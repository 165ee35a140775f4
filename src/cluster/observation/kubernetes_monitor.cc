#include "cluster/observation/kubernetes_monitor.h"

#include <utility>

namespace mex::cluster {

KubernetesMonitor::KubernetesMonitor(kubernetes::Prober* prober, SweepQueue& queue, Timers& timers,
                                     const base::Clock& clock, const Timing& timing)
    : prober_(prober), queue_(queue), timers_(timers), clock_(clock), timing_(timing) {}

void KubernetesMonitor::request(const std::weak_ptr<KubernetesObserver>& observer,
                                const NextSweep& next) {
  if (prober_ == nullptr) return;
  const base::MutexLock lock(mutex_);
  if (is_sweeping_) {
    requested_ = next;
  } else {
    schedule(observer, next);
  }
}

void KubernetesMonitor::schedule(const std::weak_ptr<KubernetesObserver>& observer,
                                 const NextSweep& next) {
  if (const auto place = std::exchange(place_, std::nullopt)) queue_.withdraw(*place);
  timers_.call_after(next.pause, [this, observer, lane = next.lane, ticket = ++ticket_] {
    if (const auto held = observer.lock()) enqueue(observer, lane, ticket);
  });
}

void KubernetesMonitor::enqueue(const std::weak_ptr<KubernetesObserver>& observer, SweepLane lane,
                                std::uint64_t ticket) {
  const base::MutexLock lock(mutex_);
  if (ticket != ticket_) return;
  place_ = queue_.submit(lane, [this, observer, ticket](SweepQueue::Slot slot) {
    const auto held = observer.lock();
    if (held != nullptr && begin(ticket)) sweep(held, std::move(slot));
  });
}

bool KubernetesMonitor::begin(std::uint64_t ticket) {
  const base::MutexLock lock(mutex_);
  if (ticket != ticket_) return false;
  place_.reset();
  is_sweeping_ = true;
  return true;
}

void KubernetesMonitor::sweep(const Observer& observer, SweepQueue::Slot slot) {
  auto api_server = observer->api_server();
  if (!api_server) return end(observer, std::nullopt);
  if (!api_server->ok()) {
    kubernetes::ProbeResult failed;
    failed.status = api_server->status();
    return observe(observer, std::move(failed));
  }
  prober_->probe(*std::move(*api_server),
                 {.deadline = clock_.steady_now() + timing_.kubernetes_call},
                 [this, observer, slot = std::move(slot)](kubernetes::ProbeResult result) {
                   observe(observer, std::move(result));
                 });
}

void KubernetesMonitor::observe(const Observer& observer, kubernetes::ProbeResult result) {
  end(observer, observer->observe_kubernetes(sweep_of(std::move(result), clock_)));
}

void KubernetesMonitor::end(const Observer& observer, std::optional<NextSweep> next) {
  const base::MutexLock lock(mutex_);
  is_sweeping_ = false;
  if (const auto requested = std::exchange(requested_, std::nullopt)) next = requested;
  if (next) schedule(observer, *next);
}

}  // namespace mex::cluster
