#include "kubernetes/health.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/status.h"
#include "kubernetes/api_error.h"
#include "kubernetes/json_access.h"

namespace mex::kubernetes {
namespace {

constexpr const char* kReadiness = "readiness of the API server";

// "[+]ping ok", "[-]etcd failed: reason withheld", and a last line of prose.
std::vector<std::string> failing_checks(std::string_view text) {
  constexpr std::string_view kFailed = "[-]";
  constexpr std::string_view kVerb = " failed";
  std::vector<std::string> failing;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(kFailed)) continue;
    std::string check(line.substr(kFailed.size()));
    if (const std::size_t verb = check.find(kVerb); verb != std::string::npos) {
      check.erase(verb, kVerb.size());
    }
    failing.push_back(std::move(check));
  }
  return failing;
}

}  // namespace

ApiCall health_call() {
  // A line for each of some dozens of checks.
  constexpr std::size_t kMaxBytes = std::size_t{64} << 10U;
  return {.what = kReadiness, .path = "/readyz?verbose", .max_response_bytes = kMaxBytes};
}

absl::StatusOr<Health> health_from_response(const http_client::Response& response) {
  Health health;
  health.ready = response.status == 200;
  if (health.ready) return health;
  if (response.status < 500) return error_from_response(kReadiness, response);
  health.failing = failing_checks(response.body);
  if (health.failing.empty()) {
    health.failing.push_back(
        std::string(base::message_of(error_from_response(kReadiness, response))));
  }
  return health;
}

absl::StatusOr<Health> read_health(Client& client, const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const http_client::Response response, client.send(health_call(), limits));
  return health_from_response(response);
}

absl::StatusOr<Version> read_version(Client& client, const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(
      const nlohmann::json answer,
      client.call({.what = "version of the API server", .path = "/version"}, limits));
  return parse_server_version(text_at(answer, "gitVersion"));
}

}  // namespace mex::kubernetes
