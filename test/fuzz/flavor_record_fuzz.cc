// Records of flavors and of clusters, as the store gives them. Promises: what is refused is refused
// in one line that names the key; what is read is written so that it reads the same again; a flavor
// can be judged whatever it holds, the refusal names a field of it, and a flavor that is good fits
// its networks and can be told to the nodes of its clusters.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/flavor/check.h"
#include "cluster/flavor/record.h"
#include "cluster/records/records.h"
#include "cluster/spec/admission.h"
#include "cluster/spec/cluster_secrets.h"
#include "cluster/steps/node_bootstrap.h"
#include "oracle.h"

namespace {

using namespace mex::cluster;

constexpr std::string_view kKey = "/flavors/x";

void check_refusal(const absl::Status& status) {
  const std::string_view message = mex::base::message_of(status);
  require(absl::IsDataLoss(status), "damage is called so");
  require(message.find(kKey) != std::string_view::npos, "a refusal names the key");
  require(message.find('\n') == std::string_view::npos, "a refusal is one line");
}

// The first node of each group: the others differ in their addresses only.
void check_nodes_can_be_told(const ClusterFlavor& flavor, const AddressPool& pool) {
  static const ClusterSecrets secrets =
      *make_cluster_secrets("c", mex::base::system_clock().wall_now());
  PlatformConfig platform;
  platform.image = "i";
  platform.flavor = "f";
  const FlavorSet flavors{{flavor.name, {.flavor = flavor}}};
  const AdmissionRules rules{.platform = platform, .pool = pool, .flavors = flavors, .region = {}};
  ClusterRequest request;
  request.name = "c";
  request.tenant = "t";
  request.kind = flavor.name;
  auto spec = admit(request, rules, "p");
  if (!spec.ok() || !spec->isolated() || !spec->is_managed()) return;
  const auto nothing_is_taken = [](const mex::base::Ipv4Block&) { return false; };
  require(assign_addresses(*spec, rules, nothing_is_taken, "p").ok(), "an empty pool has room");
  std::map<std::string, std::string> addresses;
  for (const NodeSpec& node : spec->nodes) addresses[node.slot] = node.address;
  const std::vector<std::string> no_names;
  const BootstrapInput input{.spec = *spec,
                             .cluster_id = "k3v9x2ab",
                             .secrets = secrets,
                             .subnet = spec->subnet,
                             .addresses = addresses,
                             .api_server_names = no_names,
                             .operator_user_data = {}};
  for (const NodeSpec& node : spec->nodes) {
    if (!node.slot.ends_with("-1")) continue;
    const auto boot = node_boot(input, node);
    require(boot.ok() && mex::kubernetes::check_node_boot(*boot).ok() &&
                mex::kubernetes::kubeadm_config(boot->cluster, boot->node).ok(),
            "what a good flavor says can be told to its nodes");
  }
}

void check_judgement(const ClusterFlavor& flavor) {
  static const AddressPool pool = *AddressPool::parse("10.101.0.0/16");
  const absl::Status status = check_flavor(flavor, pool);
  if (!status.ok()) {
    const std::string field = mex::base::detail_of(status).field;
    require(absl::IsInvalidArgument(status), "a bad flavor is the caller's fault");
    require(field.substr(0, 7) == "flavor.", "a refusal names a field");
    return;
  }
  const auto pods = mex::base::parse_ipv4_block(flavor.kubernetes.pod_network);
  const auto services = mex::base::parse_ipv4_block(flavor.kubernetes.service_network);
  require(pods && services && !overlap(*pods, *services), "networks do not overlap");
  require(node_count(flavor) >= 1 && node_count(flavor) <= kMaxNodes, "a cluster has nodes");
  check_nodes_can_be_told(flavor, pool);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto record = flavor_record_from_json(text, kKey);
  if (record.ok()) {
    const auto again = flavor_record_from_json(to_json(*record), kKey);
    require(again.ok() && *again == *record, "a record survives its JSON");
    check_judgement(record->flavor);
  } else {
    check_refusal(record.status());
  }
  const auto cluster = cluster_record_from_json(text, kKey);
  if (cluster.ok()) {
    const auto again = cluster_record_from_json(to_json(*cluster), kKey);
    require(again.ok() && again->spec == cluster->spec, "a cluster survives its JSON");
  } else {
    check_refusal(cluster.status());
  }
  return 0;
}
