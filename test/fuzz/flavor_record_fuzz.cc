// Records of flavors and of clusters, as the store gives them. Promises: what is refused is refused
// in one line that names the key; what is read is written so that it reads the same again; a flavor
// can be judged whatever it holds, the refusal names a field of it, and a flavor that is good fits
// its networks.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/flavor_check.h"
#include "cluster/flavor_record.h"
#include "cluster/records.h"
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
  require(node_count(flavor) >= 1 && node_count(flavor) <= kMostNodes, "a cluster has nodes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto record = parse_flavor_record(text, kKey);
  if (record.ok()) {
    const auto again = parse_flavor_record(to_json(*record), kKey);
    require(again.ok() && *again == *record, "a record survives its JSON");
    check_judgement(record->flavor);
  } else {
    check_refusal(record.status());
  }
  const auto cluster = parse_cluster_record(text, kKey);
  if (cluster.ok()) {
    const auto again = parse_cluster_record(to_json(*cluster), kKey);
    require(again.ok() && again->spec == cluster->spec, "a cluster survives its JSON");
  } else {
    check_refusal(cluster.status());
  }
  return 0;
}
