#include "cluster/engine/kubernetes_monitor.h"

#include <chrono>
#include <utility>

#include "base/call_limits.h"
#include "kubernetes/api_server_port.h"
#include "kubernetes/renewal/served_certificate.h"

namespace mex::cluster {
namespace {

constexpr int kConsoleLines = 40;

// A handshake is two round trips; masters that are silent must not hold up the sweep for longer.
constexpr std::chrono::seconds kHandshakes{2};

std::map<std::string, kubernetes::CertificateLife> read_certificates(
    const KubernetesObserver::Target& target, const std::stop_token& stop) {
  std::map<std::string, kubernetes::CertificateLife> served;
  const base::CallLimits limits{.deadline = std::chrono::steady_clock::now() + kHandshakes,
                                .stop = stop};
  for (const std::string& address : target.certificates_of) {
    auto life = kubernetes::served_certificate(address, kubernetes::kApiServerPort,
                                               target.authority_pem, limits);
    if (life.ok()) served.emplace(address, *std::move(life));
  }
  return served;
}

}  // namespace

KubernetesMonitor::KubernetesMonitor(Cloud* cloud, base::ThreadPool& pool, Timers& timers,
                                     base::Clock& clock, const Timing& timing)
    : cloud_(cloud), pool_(pool), timers_(timers), clock_(clock), timing_(timing) {}

void KubernetesMonitor::request(const std::weak_ptr<KubernetesObserver>& observer,
                                std::chrono::milliseconds pause) {
  if (cloud_ == nullptr) return;
  const base::MutexLock lock(mutex_);
  schedule(observer, pause);
}

void KubernetesMonitor::schedule(const std::weak_ptr<KubernetesObserver>& observer,
                                 std::chrono::milliseconds pause) {
  timers_.call_after(pause, [this, observer, ticket = ++ticket_] {
    auto held = observer.lock();
    if (held == nullptr) return;
    pool_.submit([this, held = std::move(held), ticket](const std::stop_token& stop) {
      run(held, ticket, stop);
    });
  });
}

bool KubernetesMonitor::is_current(std::uint64_t ticket) {
  const base::MutexLock lock(mutex_);
  return ticket == ticket_;
}

void KubernetesMonitor::run(const std::shared_ptr<KubernetesObserver>& observer,
                            std::uint64_t ticket, const std::stop_token& stop) {
  if (!is_current(ticket)) return;
  const auto target = observer->kubernetes_target();
  if (!target) return;
  KubernetesSweep seen = sweep(*target, stop);
  if (stop.stop_requested()) return;
  const auto pause = observer->observe_kubernetes(std::move(seen));
  const base::MutexLock lock(mutex_);
  // The next one may have been scheduled meanwhile.
  if (pause && ticket == ticket_) schedule(observer, *pause);
}

KubernetesSweep KubernetesMonitor::sweep(const KubernetesObserver::Target& target,
                                         const std::stop_token& stop) {
  KubernetesSweep sweep;
  sweep.status = target.client.status();
  const base::SteadyTime deadline = clock_.steady_now() + timing_.kubernetes_call;
  if (target.client.ok()) {
    sweep = sweep_kubernetes(**target.client, {.deadline = deadline, .stop = stop});
  }
  for (const auto& [slot, server] : target.consoles) {
    const openstack::CallContext call{{clock_.steady_now() + timing_.call, stop}};
    auto console = cloud_->nova.console_output(server, kConsoleLines, call);
    if (console.ok()) sweep.consoles[slot] = *std::move(console);
  }
  sweep.served = read_certificates(target, stop);
  sweep.seen = clock_.wall_now();
  sweep.seen_steady = clock_.steady_now();
  return sweep;
}

}  // namespace mex::cluster
