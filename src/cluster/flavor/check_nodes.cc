#include <set>
#include <string>
#include <utility>

#include "base/dns_name.h"
#include "base/record_limits.h"
#include "base/status.h"
#include "cluster/flavor/check.h"
#include "cluster/flavor/syntax.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kMaxLabels = 50;
constexpr std::size_t kMaxTaints = 20;

constexpr std::string_view kKeyForm =
    "must be a label key: perhaps a DNS name and '/', then at most 63 letters, digits, '-', '_' "
    "and '.', first and last a letter or digit";
constexpr std::string_view kValueForm =
    "must be empty or at most 63 letters, digits, '-', '_' and '.', first and last a letter or "
    "digit";

absl::Status check_labels(const NodeShape& shape, const std::string& field) {
  if (shape.labels.size() > kMaxLabels) {
    return base::field_error(field, fmt::format("must have at most {} labels", kMaxLabels));
  }
  for (const auto& [key, value] : shape.labels) {
    const std::string label = fmt::format("{}[{}]", field, key);
    if (!is_label_key(key)) return base::field_error(label, kKeyForm);
    if (!is_label_of_node(key)) {
      return base::field_error(label,
                               "a kubelet may not give itself labels of kubernetes.io and k8s.io "
                               "other than node.kubernetes.io/… and kubelet.kubernetes.io/…");
    }
    if (!is_label_value(value)) return base::field_error(label, kValueForm);
  }
  return absl::OkStatus();
}

absl::Status check_taints(const NodeShape& shape, const std::string& field) {
  if (shape.taints.size() > kMaxTaints) {
    return base::field_error(field, fmt::format("must have at most {} taints", kMaxTaints));
  }
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (std::size_t i = 0; i < shape.taints.size(); ++i) {
    const Taint& taint = shape.taints[i];
    const std::string one = fmt::format("{}[{}]", field, i);
    if (!is_label_key(taint.key)) return base::field_error(one + ".key", kKeyForm);
    if (!is_label_value(taint.value)) return base::field_error(one + ".value", kValueForm);
    if (!is_taint_effect(taint.effect)) {
      return base::field_error(one + ".effect",
                               "must be NoSchedule, PreferNoSchedule or NoExecute");
    }
    if (!seen.insert({taint.key, taint.effect}).second) {
      return base::field_error(one, "a taint of this key and effect is in the list already");
    }
  }
  return absl::OkStatus();
}

absl::Status check_shape(const NodeShape& shape, const std::string& field) {
  MEX_RETURN_IF_ERROR(check_cloud_name(shape.nova_flavor, field + ".nova_flavor"));
  MEX_RETURN_IF_ERROR(check_cloud_name(shape.image, field + ".image"));
  MEX_RETURN_IF_ERROR(check_cloud_name(shape.root_volume_type, field + ".root_volume_type"));
  MEX_RETURN_IF_ERROR(check_labels(shape, field + ".labels"));
  return check_taints(shape, field + ".taints");
}

absl::Status check_pool(const WorkerPool& pool, const std::string& field) {
  if (!base::is_dns_label(pool.name, kMaxPoolName) || pool.name == kMasterGroup) {
    return base::field_error(field + ".name",
                             fmt::format("must be a DNS label of at most {} characters (a-z, 0-9 "
                                         "and inner hyphens) other than {}",
                                         kMaxPoolName, kMasterGroup));
  }
  MEX_RETURN_IF_ERROR(base::check_limits(pool, field));
  return check_shape(pool.shape, field);
}

}  // namespace

absl::Status check_nodes(const ClusterFlavor& flavor) {
  if (flavor.masters.count != 1 && flavor.masters.count != 3 && flavor.masters.count != 5) {
    return base::field_error("flavor.masters.count",
                             "must be 1, 3 or 5: etcd needs more than half of its members");
  }
  MEX_RETURN_IF_ERROR(check_shape(flavor.masters.shape, "flavor.masters"));
  if (flavor.worker_pools.size() > kMaxPools) {
    return base::field_error("flavor.worker_pools",
                             fmt::format("must have at most {} pools", kMaxPools));
  }
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < flavor.worker_pools.size(); ++i) {
    const std::string field = fmt::format("flavor.worker_pools[{}]", i);
    MEX_RETURN_IF_ERROR(check_pool(flavor.worker_pools[i], field));
    if (!names.insert(flavor.worker_pools[i].name).second) {
      return base::field_error(field + ".name", "is the name of another pool");
    }
  }
  if (node_count(flavor) <= kMaxNodes) return absl::OkStatus();
  return base::field_error(
      "flavor.worker_pools",
      fmt::format("{} nodes in all; a cluster may have {}", node_count(flavor), kMaxNodes));
}

}  // namespace mex::cluster
