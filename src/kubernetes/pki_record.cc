#include "kubernetes/pki_record.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/status.h"

namespace mex::kubernetes {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;

struct IdentityMember {
  const char* name;
  Identity ClusterPki::*member;
};

constexpr std::array<IdentityMember, 5> kIdentities = {{
    {"cluster_ca", &ClusterPki::cluster_ca},
    {"front_proxy_ca", &ClusterPki::front_proxy_ca},
    {"etcd_ca", &ClusterPki::etcd_ca},
    {"admin", &ClusterPki::admin},
    {"agent", &ClusterPki::agent},
}};

json pair_to_json(const std::string& open_part, const base::Secret& key) {
  return {{"public", open_part}, {"key", key.reveal()}};
}

absl::Status read_pair(const json& record, const char* name, std::string& open_part,
                       base::Secret& key) {
  const auto pair = record.find(name);
  if (pair != record.end() && pair->is_object()) {
    const auto open_text = pair->find("public");
    const auto key_text = pair->find("key");
    if (open_text != pair->end() && open_text->is_string() && key_text != pair->end() &&
        key_text->is_string()) {
      open_part = open_text->get<std::string>();
      key = base::Secret(key_text->get<std::string>());
      return absl::OkStatus();
    }
  }
  return base::error(absl::StatusCode::kDataLoss, "record of the keys: '{}' is not as written",
                     name);
}

}  // namespace

base::Secret pki_to_record(const ClusterPki& pki) {
  json record = {{"format", kFormat}};
  for (const IdentityMember& identity : kIdentities) {
    const Identity& value = pki.*identity.member;
    record[identity.name] = pair_to_json(value.certificate_pem, value.key_pem);
  }
  record["service_account"] =
      pair_to_json(pki.service_account.public_key_pem, pki.service_account.key_pem);
  return base::Secret(record.dump(-1, ' ', false, json::error_handler_t::replace));
}

absl::StatusOr<ClusterPki> pki_from_record(const base::Secret& record) {
  const json parsed = json::parse(record.reveal(), nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return absl::DataLossError("record of the keys: is not JSON");
  const auto format = parsed.find("format");
  if (format == parsed.end() || *format != kFormat) {
    return base::error(absl::StatusCode::kDataLoss, "record of the keys: not of format {}",
                       kFormat);
  }
  ClusterPki pki;
  for (const IdentityMember& identity : kIdentities) {
    Identity& value = pki.*identity.member;
    MEX_RETURN_IF_ERROR(read_pair(parsed, identity.name, value.certificate_pem, value.key_pem));
  }
  MEX_RETURN_IF_ERROR(read_pair(parsed, "service_account", pki.service_account.public_key_pem,
                                pki.service_account.key_pem));
  return pki;
}

}  // namespace mex::kubernetes
