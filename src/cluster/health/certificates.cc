#include "cluster/health/certificates.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cluster/steps/node_bootstrap.h"

namespace mex::cluster {
namespace {

// In the order of how bad they are.
enum class State { InTime, Overdue, Ending, Ended };

// A certificate is late when it has less than 1/N of its life left.
struct Lateness {
  int overdue;  // 0: never
  int ending;
};

// Nodes renew with two fifths left. Kubelets take until a tenth is left, each as it likes
// (client-go's certificate manager: 70 to 90 % of the life); the agent renews by itself. Ten years
// of an authority leave a year to make another cluster.
Lateness lateness_for(Renewer renewer) {
  switch (renewer) {
    case Renewer::Node:
      return {.overdue = 3, .ending = 12};
    case Renewer::Nobody:
      return {.overdue = 10, .ending = 40};
    case Renewer::Kubelet:
    case Renewer::Agent:
      break;
  }
  return {.overdue = 0, .ending = 12};
}

State state_of(const KnownCertificate& certificate, base::WallTime now) {
  const kubernetes::CertificateLife& life = certificate.life;
  if (life.end <= now) return State::Ended;
  const Lateness late = lateness_for(certificate.renewer);
  const auto left = life.end - now;
  const auto whole = life.end - life.begin;
  if (left * late.ending < whole) return State::Ending;
  return left * late.overdue < whole && late.overdue > 0 ? State::Overdue : State::InTime;
}

std::string describe(const KnownCertificate& certificate) {
  const kubernetes::CertificateLife& life = certificate.life;
  if (life.end == base::WallTime{}) {
    return fmt::format("{} of {} cannot be read", life.name, certificate.holder);
  }
  return fmt::format("{} of {} at {}", life.name, certificate.holder,
                     base::format_rfc3339(life.end));
}

// A year is what kubeadm signs for, whenever what it signs begins.
constexpr std::chrono::days kUsualLife{365};
// A node reports its certificates within minutes of its first boot.
constexpr std::chrono::hours kUntilHeard{2};

class Certificates {
 public:
  Certificates(const ClusterRecord& cluster, const Observation& observation, base::WallTime now)
      : now_(now) {
    const KubernetesSweep* sweep = observation.kubernetes;
    is_seen_ = sweep != nullptr && !observation.is_kubernetes_old && sweep->api_is_ready();
    for (const NodeSpec& spec : cluster.spec.nodes) {
      if (sweep == nullptr) break;
      const auto node = sweep->nodes.find(node_name(cluster.spec, cluster.id, spec));
      if (node != sweep->nodes.end()) add(spec, node->second);
    }
    for (const KnownCertificate& each : observation.certificates) add(each);
  }

  CertificateVerdict judge() const {
    CertificateVerdict verdict;
    if (all_.empty()) {
      verdict.truth = is_seen_ ? Truth::True : Truth::Unknown;
      verdict.reason = is_seen_ ? reason_in_time("no end is known")
                                : because("NotSeen", "no certificate was seen yet");
      return verdict;
    }
    const auto first = std::min_element(all_.begin(), all_.end(), [](const auto& a, const auto& b) {
      return a.life.end < b.life.end;
    });
    verdict.first_end = first->life.end;
    // Of two that are as bad the one that ends first.
    const auto worst =
        std::max_element(all_.begin(), all_.end(), [&](const auto& a, const auto& b) {
          return std::pair(state_of(a, now_), -a.life.end.time_since_epoch()) <
                 std::pair(state_of(b, now_), -b.life.end.time_since_epoch());
        });
    tell(*worst, *first, verdict);
    return verdict;
  }

 private:
  void add(const NodeSpec& spec, const kubernetes::Node& node) {
    for (const kubernetes::CertificateLife& life : node.certificates.lives) {
      const bool is_kubelets = life.name.starts_with("kubelet-");
      all_.push_back({.holder = spec.slot,
                      .life = life,
                      .renewer = is_kubelets ? Renewer::Kubelet : Renewer::Node});
    }
    // A worker has none but its kubelet's.
    const bool is_master = spec.role == NodeRole::Master;
    if (is_master && node.certificates.lives.empty() && now_ - node.created > kUntilHeard) {
      silent_.push_back(spec.slot);
    }
    if (!node.certificates.problem.empty()) {
      problems_.push_back(fmt::format("{}: {}", spec.slot, node.certificates.problem));
    }
  }

  // What an API server shows may be older than what its node has: it counts, too. When it was
  // signed only the node knows.
  void add(KnownCertificate known) {
    kubernetes::CertificateLife& life = known.life;
    const bool is_told = std::any_of(all_.begin(), all_.end(), [&](const auto& other) {
      return other.holder == known.holder && other.life.name == life.name &&
             other.life.end == life.end;
    });
    if (is_told) return;
    if (known.renewer == Renewer::Node) life.begin = std::max(life.begin, life.end - kUsualLife);
    all_.push_back(std::move(known));
  }

  void tell(const KnownCertificate& worst, const KnownCertificate& first,
            CertificateVerdict& verdict) const {
    const State state = state_of(worst, now_);
    verdict.truth = state < State::Ending ? Truth::True : Truth::False;
    verdict.reason = reason_of(state, worst, first);
    if (verdict.truth == Truth::False || is_seen_) return;
    // What was seen before may have been renewed since, or may not.
    verdict.truth = Truth::Unknown;
    verdict.reason = because("NotSeen", fmt::format("the API server does not say; known is: {}",
                                                    verdict.reason.message));
  }

  Reason reason_of(State state, const KnownCertificate& worst,
                   const KnownCertificate& first) const {
    Reason reason;
    switch (state) {
      case State::Ended:
        reason = because(kCertificateEnded, "has ended: " + describe(worst));
        break;
      case State::Ending:
        reason = because(kCertificateEnding, "ends soon: " + describe(worst));
        break;
      case State::Overdue:
        reason = because(kRenewalOverdue, "was not renewed in time: " + describe(worst));
        break;
      case State::InTime:
        return reason_in_time("the first to end is " + describe(first));
    }
    reason.next = next_for(worst);
    if (!problems_.empty()) {
      reason.message += fmt::format("; {}", fmt::join(problems_, "; "));
    }
    return reason;
  }

  Reason reason_in_time(const std::string& end) const {
    if (!problems_.empty()) {
      Reason reason =
          because(kRenewalFails, fmt::format("{}; {}", fmt::join(problems_, "; "), end));
      reason.next =
          "the node tries again every hour; its journal has more: "
          "journalctl -u mexosagent-certificates";
      return reason;
    }
    if (!silent_.empty()) {
      Reason reason = because(
          kCertificatesNotRenewed,
          fmt::format("nothing is heard of a renewal on {}; {}", fmt::join(silent_, ", "), end));
      reason.next = std::string(kHowToInstall);
      return reason;
    }
    return because(kCertificatesInTime, end);
  }

  std::string next_for(const KnownCertificate& certificate) const {
    switch (certificate.renewer) {
      case Renewer::Nobody:
        return "an authority cannot be replaced in a cluster that runs: make another cluster and "
               "move there";
      case Renewer::Agent:
        return "the agent renews it by itself, unless the cluster's authority has ended";
      case Renewer::Kubelet:
        return "the kubelet renews it by itself; replace the node if it cannot (nodes:replace)";
      case Renewer::Node:
        break;
    }
    return silent_.empty() ? "see journalctl -u mexosagent-certificates on that node"
                           : std::string(kHowToInstall);
  }

  static constexpr std::string_view kHowToInstall =
      "an earlier version made these nodes: POST …/clusters/NAME:renew puts the renewal on them";

  const base::WallTime now_;
  bool is_seen_ = false;
  std::vector<KnownCertificate> all_;
  std::vector<std::string> silent_;    // masters that report nothing
  std::vector<std::string> problems_;  // that nodes report
};

}  // namespace

CertificateVerdict judge_certificates(const ClusterRecord& cluster, const Observation& observation,
                                      base::WallTime now) {
  return Certificates(cluster, observation, now).judge();
}

}  // namespace mex::cluster
