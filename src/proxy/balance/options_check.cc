#include <algorithm>
#include <set>

#include "base/record_limits.h"
#include "base/status.h"
#include "http/characters.h"
#include "proxy/balance/options.h"

namespace mex::proxy::balance {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxPath = 1024;
constexpr std::size_t kMaxService = 120;
constexpr std::size_t kMaxUrl = 2048;

// Names of header fields (RFC 9110 section 5.6.2) and of cookies (RFC 6265 section 4.1.1).
bool is_name(std::string_view text) { return text.size() <= kMaxName && http::is_token(text); }

// Printable and without a space: nothing that could end the request line or a header.
bool is_one_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

absl::Status check_origins(const std::vector<OriginOptions>& origins, const std::string& path) {
  if (origins.empty()) return base::field_error(path, "must have at least one origin");
  if (origins.size() > kMaxOrigins) {
    return base::field_error(path, fmt::format("must have at most {} origins", kMaxOrigins));
  }
  std::set<std::string_view> urls;
  bool has_weight = false;
  for (std::size_t i = 0; i < origins.size(); ++i) {
    const std::string field = fmt::format("{}[{}].url", path, i);
    if (origins[i].url.empty()) return base::field_error(field, "is missing");
    if (origins[i].url.size() > kMaxUrl) return base::field_error(field, "is too long");
    if (!urls.insert(origins[i].url).second) return base::field_error(field, "is there twice");
    has_weight |= origins[i].weight > 0;
  }
  if (!has_weight) return base::field_error(path, "one origin must have a weight above 0");
  return absl::OkStatus();
}

absl::Status check_balance(const BalanceOptions& balance, const std::string& path) {
  const bool has_name =
      balance.policy == Policy::Hash && balance.hash_key != HashKey::ClientAddress;
  if (has_name && !is_name(balance.hash_name)) {
    return base::field_error(path + ".hash_name", "must be the name of a header or cookie");
  }
  if (!is_name(balance.cookie)) {
    return base::field_error(path + ".cookie", "must be the name of a cookie");
  }
  return absl::OkStatus();
}

absl::Status check_health_check(const HealthCheckOptions& check, const std::string& path) {
  if (!check.path.starts_with('/') || check.path.size() > kMaxPath || !is_one_word(check.path) ||
      check.path.find('#') != check.path.npos) {
    return base::field_error(path + ".path", "must begin with / and hold no space and no #");
  }
  if (check.host.size() > kMaxPath || !is_one_word(check.host) ||
      check.host.find_first_of("/\\@?#,") != check.host.npos) {
    return base::field_error(path + ".host", "must be a host, or host:port");
  }
  if (check.service.size() > kMaxService || !is_one_word(check.service)) {
    return base::field_error(path + ".service", "must be the name of a service of gRPC");
  }
  if (check.min_status > check.max_status) {
    return base::field_error(path + ".max_status", "must not be below min_status");
  }
  if (check.timeout > check.interval) {
    return base::field_error(path + ".timeout", "must not be longer than the interval");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status check(const OriginSetOptions& options, std::string_view prefix) {
  MEX_RETURN_IF_ERROR(base::check_limits(options, prefix));
  const std::string outer = prefix.empty() ? "" : fmt::format("{}.", prefix);
  MEX_RETURN_IF_ERROR(check_origins(options.origins, outer + "origins"));
  MEX_RETURN_IF_ERROR(check_balance(options.balance, outer + "balance"));
  MEX_RETURN_IF_ERROR(check_health_check(options.health_check, outer + "health_check"));
  if (options.ejection.max_time < options.ejection.base_time) {
    return base::field_error(outer + "ejection.max_time", "must not be shorter than base_time");
  }
  return absl::OkStatus();
}

}  // namespace mex::proxy::balance
