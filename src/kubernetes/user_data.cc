#include "kubernetes/user_data.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "kubernetes/gzip.h"
#include "kubernetes/mime.h"
#include "kubernetes/node_files.h"
#include "kubernetes/node_scripts.h"
#include "kubernetes/yaml_text.h"

namespace mex::kubernetes {
namespace {

using nlohmann::ordered_json;

// bootcmd runs early in every boot, before pods can start; on the first one there is no script yet.
constexpr const char* kEveryBoot =
    "[ ! -e /var/lib/mexosagent/ready ] || /usr/local/lib/mexosagent/network";

std::string cloud_config_text(const std::vector<NodeFile>& files) {
  ordered_json entries = ordered_json::array();
  for (const NodeFile& file : files) {
    entries.push_back({{"path", file.path},
                       {"owner", "root:root"},
                       {"permissions", file.mode},
                       {"content", file.content.reveal()}});
  }
  // merge_how: lists grow at their end, what the operator said otherwise stays.
  const ordered_json config = {
      {"write_files", std::move(entries)},
      {"bootcmd", ordered_json::array({ordered_json::array({"sh", "-c", kEveryBoot})})},
      {"merge_how",
       ordered_json::array({{{"name", "list"}, {"settings", ordered_json::array({"append"})}},
                            {{"name", "dict"},
                             {"settings", ordered_json::array({"no_replace", "recurse_list"})}}})}};
  return "#cloud-config\n" + yaml_text(config);
}

std::size_t base64_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

absl::Status too_large(const NodeBoot& boot, std::size_t size, const std::string& ours) {
  const auto alone = [](const std::string& text) { return base64_size(gzip(text).size()); };
  return base::error(
      absl::StatusCode::kResourceExhausted,
      "the user-data of {} takes {} bytes of base64, but Nova takes {}; compressed by themselves: "
      "the operator's user-data {}, the CA bundle {}, the cluster's files (with the bundle) {}, "
      "the "
      "bootstrap script {}",
      boot.node.name, size, base::kMaxUserDataBase64, alone(boot.operator_user_data),
      alone(boot.ca_bundle_pem), alone(ours), alone(std::string(bootstrap_script())));
}

absl::Status add_operator_part(const NodeBoot& boot, std::vector<MimePart>& parts) {
  if (boot.operator_user_data.empty()) return absl::OkStatus();
  auto part = operator_part(boot.operator_user_data);
  if (!part.ok()) {
    return base::with_detail(base::annotate(part.status(), "operator_user_data"),
                             {.field = "operator_user_data", .request_id = {}, .cloud_code = {}});
  }
  parts.push_back(*std::move(part));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UserData> render_user_data(const NodeBoot& boot, const ClusterPki& pki) {
  std::vector<MimePart> parts;
  MEX_RETURN_IF_ERROR(add_operator_part(boot, parts));
  MEX_ASSIGN_OR_RETURN(const std::vector<NodeFile> files, node_files(boot, pki));
  const std::string ours = cloud_config_text(files);
  parts.push_back({.type = "text/cloud-config", .name = "mexosagent.cfg", .content = ours});
  // The name puts it behind the operator's own scripts and runcmd.
  parts.push_back({.type = "text/x-shellscript",
                   .name = "zz-mexosagent-bootstrap",
                   .content = std::string(bootstrap_script())});
  UserData data;
  data.bytes = base::Secret(gzip(mime_multipart(parts)));
  data.base64_bytes = base64_size(data.bytes.reveal().size());
  if (data.base64_bytes > base::kMaxUserDataBase64) return too_large(boot, data.base64_bytes, ours);
  return data;
}

}  // namespace mex::kubernetes
