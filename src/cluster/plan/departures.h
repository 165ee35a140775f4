#pragma once

#include <string>

#include "cluster/plan/plan.h"
#include "cluster/records/owned_resource.h"
#include "cluster/spec/spec.h"

namespace mex::cluster {

// Adds to a plan the steps by which nodes leave their cluster: drained, their servers removed, and
// forgotten by the API server only when those are gone. Until then a node may turn out to work, and
// a kubelet registers its node just once; kubeadm refuses to join one that is still known.
class Departures {
 public:
  // A cluster that is still being made has no nodes to drain, only servers.
  enum class From { Servers, Cluster };

  // Plan and specification outlive this object.
  Departures(Plan& plan, const ClusterSpec& spec, std::string cluster_id, From from);

  // The node goes for good, its volume and its port with it, as far as they are owned.
  void remove(const NodeSpec& node, const OwnedResources& owned);
  // Another server takes the place of this one. Returns the step after which it may come.
  StepKey replace(const NodeSpec& node, const Remove& removal);
  // The node was drained and stays after all.
  void call_off(const NodeSpec& node);

 private:
  void add(StepKey key, Action action, std::vector<StepKey> after);
  bool has_node() const { return from_ == From::Cluster && spec_.is_managed(); }
  std::string name_in_cluster(const NodeSpec& node) const;
  std::vector<StepKey> confirm_fault(const NodeSpec& node, const Remove& removal);
  std::vector<StepKey> drain(const NodeSpec& node, std::vector<StepKey> after);
  std::vector<StepKey> forget(const NodeSpec& node, std::vector<StepKey> after);

  Plan& plan_;
  const ClusterSpec& spec_;
  const std::string cluster_id_;
  const From from_;
};

}  // namespace mex::cluster
