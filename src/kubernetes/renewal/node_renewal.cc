#include "kubernetes/renewal/node_renewal.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "kubernetes/json_access.h"
#include "kubernetes/listing.h"
#include "kubernetes/node_scripts.h"
#include "kubernetes/renewal/printable.h"

namespace mex::kubernetes {
namespace {

using http_client::percent_encode;
using nlohmann::json;

constexpr const char* kPods = "/api/v1/namespaces/kube-system/pods";
constexpr const char* kContainer = "install";

// Runs in the namespaces of the machine, with its programs. Its arguments are base64: Kubernetes
// would expand $(…) in them as its variables.
constexpr std::string_view kInstall = R"sh(
put() {
  echo "$2" | base64 -d >"$1.new"
  chmod "$3" "$1.new"
  mv "$1.new" "$1"
}
mkdir -p /usr/local/lib/mexosagent
put /usr/local/lib/mexosagent/certificates "$1" 755
put /etc/systemd/system/mexosagent-certificates.service "$2" 644
put /etc/systemd/system/mexosagent-certificates.timer "$3" 644
systemctl daemon-reload
systemctl enable --now mexosagent-certificates.timer
systemctl start --no-block mexosagent-certificates.service
)sh";

std::string base64(std::string_view text) {
  return absl::Base64Escape(absl::string_view(text.data(), text.size()));
}

std::string pod_name(const std::string& node) { return "mexosagent-certificates-" + node; }

std::string pod_path(const std::string& node) {
  return fmt::format("{}/{}", kPods, percent_encode(pod_name(node)));
}

// An image that is on the node, under the name by which its kubelet knows it.
absl::StatusOr<std::string> image_on(Client& client, const std::string& node,
                                     const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(
      const Listing pods,
      list_objects(client, "list pods of node " + node, kPods,
                   "fieldSelector=" + percent_encode("spec.nodeName=" + node), limits));
  for (const json& pod : pods.items) {
    if (text_at(member(pod, "metadata"), "name") == pod_name(node)) continue;
    if (text_at(member(pod, "status"), "phase") != "Running") continue;
    const json& containers = member(member(pod, "spec"), "containers");
    if (!containers.is_array() || containers.empty()) continue;
    std::string image = text_at(containers[0], "image");
    if (!image.empty()) return image;
  }
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "node {} runs no pod of kube-system: it has no image to work with", node);
}

// What its container said last, else what the kubelet says of it; for people.
std::string why_failed(Client& client, const json& pod, const std::string& node,
                       const base::CallLimits& limits) {
  const auto log = client.call_text(
      {.what = "log of pod " + pod_name(node), .path = pod_path(node) + "/log?tailLines=1"},
      limits);
  const std::string text =
      log.ok() && !log->empty() ? *log : text_at(member(pod, "status"), "message");
  constexpr std::size_t kMaxWords = 300;
  const std::string words = printable(text, kMaxWords);
  return words.empty() ? "it does not say why" : words;
}

// An earlier version of the agent may have left one that puts something else there.
bool is_of_this_version(const json& pod, const std::string& node) {
  const auto command_of = [](const json& any) -> const json& {
    return member(member(member(any, "spec"), "containers").at(0), "command");
  };
  const json& containers = member(member(pod, "spec"), "containers");
  return containers.is_array() && !containers.empty() &&
         command_of(pod) == command_of(renewal_pod(node, ""));
}

absl::Status delete_pod(Client& client, const std::string& node, const base::CallLimits& limits) {
  const absl::Status status = client
                                  .call_text({.what = "delete pod " + pod_name(node),
                                              .method = "DELETE",
                                              .path = pod_path(node) + "?gracePeriodSeconds=0"},
                                             limits)
                                  .status();
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

}  // namespace

json renewal_pod(const std::string& node, const std::string& image) {
  json command = {"/usr/bin/nsenter", "--target", "1", "--mount", "--uts", "--ipc", "--net", "--",
                  "/bin/sh",          "-euc"};
  for (const std::string& word :
       {std::string(kInstall), std::string("install"), base64(certificates_script()),
        base64(certificates_service()), base64(certificates_timer())}) {
    command.push_back(word);
  }
  json mounts = json::array();
  json volumes = json::array();
  // What nsenter itself is made of; it may be a link on either side.
  for (const char* name : {"usr", "lib", "lib64"}) {
    mounts.push_back({{"name", name}, {"mountPath", std::string("/") + name}, {"readOnly", true}});
    volumes.push_back({{"name", name}, {"hostPath", {{"path", std::string("/") + name}}}});
  }
  const json container = {{"name", kContainer},
                          {"image", image},
                          {"imagePullPolicy", "IfNotPresent"},
                          {"command", std::move(command)},
                          {"securityContext", {{"privileged", true}, {"runAsUser", 0}}},
                          {"volumeMounts", std::move(mounts)}};
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata",
           {{"name", pod_name(node)},
            {"namespace", "kube-system"},
            {"labels", {{"app.kubernetes.io/managed-by", "mexosagent"}}}}},
          {"spec",
           {{"nodeName", node},  // also one that takes no work
            {"tolerations", json::array({{{"operator", "Exists"}}})},
            {"priorityClassName", "system-node-critical"},
            {"restartPolicy", "Never"},
            {"activeDeadlineSeconds", 600},
            {"automountServiceAccountToken", false},
            {"hostPID", true},
            {"hostNetwork", true},
            {"containers", json::array({container})},
            {"volumes", std::move(volumes)}}}};
}

absl::Status install_renewal(Client& client, const std::string& node,
                             const base::CallLimits& limits) {
  for (;;) {
    const auto pod =
        client.call({.what = "read pod " + pod_name(node), .path = pod_path(node)}, limits);
    if (absl::IsNotFound(pod.status())) {
      MEX_ASSIGN_OR_RETURN(const std::string image, image_on(client, node, limits));
      const absl::Status made = client
                                    .call_text({.what = "create pod " + pod_name(node),
                                                .method = "POST",
                                                .path = kPods,
                                                .body = json_text(renewal_pod(node, image))},
                                               limits)
                                    .status();
      if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
    } else if (!pod.ok()) {
      return pod.status();
    } else {
      const std::string phase = text_at(member(*pod, "status"), "phase");
      const bool is_ours = is_of_this_version(*pod, node);
      const bool has_failed = is_ours && phase == "Failed";
      const std::string words = has_failed ? why_failed(client, *pod, node, limits) : "";
      if (!is_ours || has_failed || phase == "Succeeded") {
        MEX_RETURN_IF_ERROR(delete_pod(client, node, limits));
      }
      if (has_failed) {
        return base::error(absl::StatusCode::kFailedPrecondition,
                           "the machine of node {} refuses the renewal of certificates: {}", node,
                           words);
      }
      if (is_ours && phase == "Succeeded") return absl::OkStatus();
    }
    MEX_RETURN_IF_ERROR(base::sleep_for(client.poll_interval(), limits));
  }
}

}  // namespace mex::kubernetes
