#include "kubernetes/drain.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "kubernetes/health.h"
#include "kubernetes/json_access.h"
#include "kubernetes/listing.h"
#include "kubernetes/node.h"

namespace mex::kubernetes {
namespace {

using http_client::percent_encode;
using nlohmann::json;

constexpr const char* kMirrorMark = "kubernetes.io/config.mirror";

bool is_of_daemon_set(const json& pod) {
  const json& owners = member(member(pod, "metadata"), "ownerReferences");
  return std::any_of(owners.begin(), owners.end(), [](const json& owner) {
    return flag_at(owner, "controller") && text_at(owner, "kind") == "DaemonSet";
  });
}

bool has_ended(const json& pod) {
  const std::string phase = text_at(member(pod, "status"), "phase");
  return phase == "Succeeded" || phase == "Failed";
}

bool stays(const json& pod) {
  const json& annotations = member(member(pod, "metadata"), "annotations");
  // A DaemonSet does not bring back what has ended.
  return !member(annotations, kMirrorMark).is_null() || (is_of_daemon_set(pod) && !has_ended(pod));
}

bool is_ending(const json& pod) {
  return !text_at(member(pod, "metadata"), "deletionTimestamp").empty();
}

class Drain {
 public:
  Drain(Client& client, const std::string& node, const Version& version,
        const base::CallLimits& limits)
      : client_(client), node_(node), version_(version), limits_(limits) {}

  // True when nothing is left to wait for.
  absl::StatusOr<bool> round() {
    MEX_ASSIGN_OR_RETURN(
        const Listing pods,
        list_objects(client_, "list pods of node " + node_, "/api/v1/pods",
                     "fieldSelector=" + percent_encode("spec.nodeName=" + node_), limits_));
    // A round that is cut off must not make the node look emptier than it is.
    std::vector<BlockedPod> remaining;
    for (const json& pod : pods.items) {
      if (stays(pod)) continue;
      MEX_RETURN_IF_ERROR(take(pod, remaining));
    }
    remaining_ = std::move(remaining);
    return remaining_->empty();
  }

  // Nothing before the first round that came to its end.
  std::optional<DrainReport> report() const {
    if (!remaining_) return std::nullopt;
    return DrainReport{.evicted = evicted_, .remaining = *remaining_};
  }

 private:
  absl::Status take(const json& pod, std::vector<BlockedPod>& remaining) {
    const std::string name = object_name(pod);
    if (is_ending(pod)) {
      remaining.push_back({.pod = name, .reason = "is ending"});
      return absl::OkStatus();
    }
    const json& metadata = member(pod, "metadata");
    MEX_ASSIGN_OR_RETURN(EvictionAnswer answer,
                         evict_pod(client_, version_, text_at(metadata, "namespace"),
                                   text_at(metadata, "name"), limits_));
    const bool is_admitted = answer.eviction == Eviction::Admitted;
    if (is_admitted) ++evicted_;
    remaining.push_back({.pod = name, .reason = is_admitted ? "is ending" : answer.reason});
    return absl::OkStatus();
  }

  Client& client_;
  const std::string& node_;
  const Version& version_;
  const base::CallLimits& limits_;
  int evicted_ = 0;
  std::optional<std::vector<BlockedPod>> remaining_;  // as the latest whole round saw it
};

}  // namespace

absl::StatusOr<EvictionAnswer> evict_pod(Client& client, const Version& version,
                                         const std::string& pod_namespace, const std::string& pod,
                                         const base::CallLimits& limits) {
  constexpr Version kStable{1, 22, 0};
  const json body = {{"apiVersion", version >= kStable ? "policy/v1" : "policy/v1beta1"},
                     {"kind", "Eviction"},
                     {"metadata", {{"name", pod}, {"namespace", pod_namespace}}}};
  const absl::Status status =
      client
          .call_text({.what = fmt::format("evict pod {}/{}", pod_namespace, pod),
                      .method = "POST",
                      .path = fmt::format("/api/v1/namespaces/{}/pods/{}/eviction",
                                          percent_encode(pod_namespace), percent_encode(pod)),
                      .body = json_text(body)},
                     limits)
          .status();
  if (status.ok() || absl::IsNotFound(status)) return EvictionAnswer{};
  if (absl::IsResourceExhausted(status)) {
    return EvictionAnswer{.eviction = Eviction::Blocked,
                          .reason = std::string(base::message_of(status))};
  }
  return status;
}

absl::StatusOr<DrainReport> drain_node(Client& client, const std::string& node,
                                       const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const Version version, read_version(client, limits));
  MEX_RETURN_IF_ERROR(set_schedulable(client, node, false, limits));
  Drain drain(client, node, version, limits);
  for (;;) {
    const absl::StatusOr<bool> done = drain.round();
    // A master that is being replaced, or a connection lost: what was evicted stays evicted.
    const bool transient = absl::IsUnavailable(done.status());
    const bool late = absl::IsDeadlineExceeded(done.status());
    if (!done.ok() && !transient && !late) return done.status();
    const absl::Status waited =
        done.ok() && *done ? absl::OkStatus() : base::sleep_for(client.poll_interval(), limits);
    if (absl::IsCancelled(waited)) return waited;
    const bool is_over = late || !waited.ok() || (done.ok() && *done);
    if (!is_over) continue;
    // Without one complete look at the node there is nothing to report.
    if (const auto report = drain.report()) return *report;
    return done.ok() ? waited : done.status();
  }
}

}  // namespace mex::kubernetes
