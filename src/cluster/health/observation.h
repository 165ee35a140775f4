#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cluster/health/kubernetes_sweep.h"
#include "cluster/records/records.h"
#include "kubernetes/renewal/certificate_report.h"

// What the engine has seen of a cluster, as values.
namespace mex::cluster {

// A server as it was seen last.
struct ObservedServer {
  std::string status{};     // Nova's word
  std::string fault{};      // Nova's text
  bool is_deleted = false;  // proved; see absence.h
  bool is_marked = true;    // the owner's mark is on it
  bool is_old = false;      // it was not seen for several ticks: what is here is not known any more
  base::WallTime seen{};    // for people
  base::SteadyTime seen_steady{};
};

// Who replaces a certificate before it ends.
enum class Renewer { Node, Kubelet, Agent, Nobody };

// A certificate that the agent has, or has been shown.
struct KnownCertificate {
  std::string holder;  // "master-1"; "the cluster", "the agent"
  kubernetes::CertificateLife life;
  Renewer renewer = Renewer::Node;
};

struct Observation {
  // By id; without those that were never seen.
  const std::map<std::string, ObservedServer>& servers;
  bool is_listed = false;                           // the servers were listed at least once
  std::string servers_problem{};                    // why servers cannot be seen; empty if they can
  const KubernetesSweep* kubernetes = nullptr;      // the latest; null: never asked
  bool is_kubernetes_old = false;                   // it was not asked for several ticks
  std::optional<base::WallTime> next_kubernetes{};  // when it is asked next
  std::string repair_note{};                        // why workers that deserve it are not replaced
  // Besides those that nodes report; see CertificateReport.
  std::vector<KnownCertificate> certificates{};
};

// The server in that place of the cluster as it was seen last. Null if it was never seen, or if the
// journal has none there.
const ObservedServer* find_observed(const Observation& observation, const ClusterRecord& cluster,
                                    const std::string& slot);

}  // namespace mex::cluster
