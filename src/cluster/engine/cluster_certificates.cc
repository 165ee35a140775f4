#include "cluster/engine/cluster_certificates.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mex::cluster {
namespace {

constexpr std::chrono::milliseconds kMaxPause = std::chrono::hours(1);
constexpr std::chrono::milliseconds kMinPause = std::chrono::seconds(30);
// A certificate is looked at about so often while it lasts.
constexpr int kLooksUntilEnd = 20;

}  // namespace

std::vector<std::string> ClusterCertificates::take_due(const ClusterRecord& cluster) {
  is_asked_ = !next_look_ || clock_.steady_now() >= *next_look_;
  return is_asked_ ? master_addresses(cluster) : std::vector<std::string>();
}

void ClusterCertificates::keep(const ClusterRecord& cluster,
                               const std::map<std::string, kubernetes::CertificateLife>& served) {
  if (!std::exchange(is_asked_, false)) return;
  const base::WallTime now = clock_.wall_now();
  std::chrono::milliseconds pause = kMaxPause;
  for (const NodeSpec& node : cluster.spec.nodes) {
    const auto found = served.find(address_of(cluster, node));
    if (found == served.end()) continue;
    served_[node.slot] = found->second;
    pause = std::min(pause, (found->second.end - now) / kLooksUntilEnd);
  }
  next_look_ = clock_.steady_now() + std::max(pause, kMinPause);
}

std::vector<KnownCertificate> ClusterCertificates::known(
    const ClusterCredentials& credentials) const {
  std::vector<KnownCertificate> known = credentials.certificates();
  for (const auto& [slot, life] : served_) {
    known.push_back({.holder = slot, .life = life, .renewer = Renewer::Node});
  }
  return known;
}

}  // namespace mex::cluster
