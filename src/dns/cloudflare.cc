#include "dns/cloudflare.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/backoff.h"
#include "base/json_text.h"
#include "base/mutex.h"
#include "base/status.h"
#include "dns/cloudflare_answer.h"
#include "http_client/client.h"
#include "http_client/percent_encoding.h"

namespace mex::dns {
namespace {

using absl::StatusCode;
using http_client::Response;

constexpr int kTries = 3;
constexpr int kPage = 100;

class Cloudflare final : public DnsProvider {
 public:
  explicit Cloudflare(CloudflareOptions options)
      : options_(std::move(options)), client_(client_options(options_)) {}

  std::string to_string() const override { return "Cloudflare"; }
  std::string notice() override;

  absl::StatusOr<std::vector<DnsRecord>> find(const std::string& name, RecordType type,
                                              const base::CallLimits& limits) override;
  absl::Status add(const DnsRecord& record, const base::CallLimits& limits) override;
  absl::Status remove(const DnsRecord& record, const base::CallLimits& limits) override;
  absl::Status change(const DnsRecord& from, const DnsRecord& to,
                      const base::CallLimits& limits) override;

 private:
  absl::StatusOr<nlohmann::json> result_of(const Response& response);
  void remember(const std::string& name, const CloudflareZone& zone);
  std::optional<CloudflareZone> known_zone(const std::string& name);

  static http_client::Options client_options(const CloudflareOptions& options) {
    http_client::Options result;
    result.ca_file = options.ca_file;
    return result;
  }

  absl::StatusOr<Response> call(std::string_view method, const std::string& path,
                                const std::string& body, const base::CallLimits& limits);
  absl::StatusOr<Response> call_once(std::string_view method, const std::string& path,
                                     const std::string& body, const base::CallLimits& limits);
  absl::StatusOr<std::string> records_path(const std::string& name, const base::CallLimits& limits);
  absl::StatusOr<CloudflareZone> zone_called(const std::string& name,
                                             const base::CallLimits& limits);
  absl::StatusOr<std::vector<CloudflareRecord>> list(const std::string& name, RecordType type,
                                                     const base::CallLimits& limits);
  absl::StatusOr<std::optional<CloudflareRecord>> find_same(const DnsRecord& record,
                                                            const base::CallLimits& limits);

  const CloudflareOptions options_;
  http_client::Client client_;
  base::Mutex mutex_;
  struct KnownZone {
    CloudflareZone zone;
    base::SteadyTime until;
  };
  std::map<std::string, KnownZone> zones_
      ABSL_GUARDED_BY(mutex_);  // by name, also of what lies in them
};

absl::StatusOr<Response> Cloudflare::call_once(std::string_view method, const std::string& path,
                                               const std::string& body,
                                               const base::CallLimits& limits) {
  http_client::Request request;
  request.method = method;
  request.url = options_.url + path;
  base::Secret token = options_.token;
  if (options_.read_token) {
    MEX_ASSIGN_OR_RETURN(token, options_.read_token());
  }
  if (token.empty()) {
    request.headers = {{"X-Auth-Email", options_.email},
                       {"X-Auth-Key", options_.global_key.reveal()}};
  } else {
    request.headers = {{"Authorization", "Bearer " + token.reveal()}};
  }
  if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
  request.body = body;
  request.limits = limits;
  return client_.send(request);
}

// Every call may be repeated: there are error codes for what exists already or is gone.
absl::StatusOr<Response> Cloudflare::call(std::string_view method, const std::string& path,
                                          const std::string& body, const base::CallLimits& limits) {
  const base::Backoff backoff{.first = options_.pause, .max = options_.pause * kTries};
  for (int attempt = 1;; ++attempt) {
    auto response = call_once(method, path, body, limits);
    const bool is_lost = response.status().code() == StatusCode::kUnavailable;
    const bool is_busy = response.ok() && (response->status == 429 || response->status >= 500);
    if (attempt == kTries || (!is_lost && !is_busy)) return response;
    std::chrono::milliseconds wait = base::pause_after(attempt, backoff);
    if (is_busy) {
      wait = retry_after(*response).value_or(std::chrono::ceil<std::chrono::seconds>(wait));
    }
    const auto left = limits.deadline - std::chrono::steady_clock::now();
    if (wait >= left || !base::sleep_for(wait, limits.stop)) return response;
  }
}

// A zone may be removed and made again with another id.
absl::StatusOr<nlohmann::json> Cloudflare::result_of(const Response& response) {
  auto result = read_result(response);
  if (result.status().code() == StatusCode::kNotFound) {
    const base::MutexLock lock(mutex_);
    zones_.clear();
  }
  return result;
}

void Cloudflare::remember(const std::string& name, const CloudflareZone& zone) {
  constexpr std::size_t kMaxNames = 10'000;
  const base::SteadyTime now = options_.clock->steady_now();
  const base::MutexLock lock(mutex_);
  if (zones_.size() < kMaxNames) zones_[name] = {zone, now + options_.zone_life};
}

// Its status may have become another one.
std::optional<CloudflareZone> Cloudflare::known_zone(const std::string& name) {
  const base::SteadyTime now = options_.clock->steady_now();
  const base::MutexLock lock(mutex_);
  std::erase_if(zones_, [now](const auto& each) { return each.second.until <= now; });
  const auto known = zones_.find(name);
  if (known == zones_.end()) return std::nullopt;
  return known->second.zone;
}

std::string Cloudflare::notice() {
  const base::MutexLock lock(mutex_);
  for (const auto& [name, known] : zones_) {
    if (!known.zone.notice.empty()) return known.zone.notice;
  }
  return "";
}

// Without an id if there is none of that name, or none that these credentials may see.
absl::StatusOr<CloudflareZone> Cloudflare::zone_called(const std::string& name,
                                                       const base::CallLimits& limits) {
  if (const auto known = known_zone(name)) return *known;
  // Two accounts may have one each, of which one is dead.
  constexpr int kMaxZones = 50;
  MEX_ASSIGN_OR_RETURN(
      const Response response,
      call("GET",
           fmt::format("/zones?per_page={}&name={}", kMaxZones, http_client::percent_encode(name)),
           "", limits));
  MEX_ASSIGN_OR_RETURN(const nlohmann::json result, read_result(response));
  return choose_zone(result, name);
}

// The zone is the longest end of the name that is one.
absl::StatusOr<std::string> Cloudflare::records_path(const std::string& name,
                                                     const base::CallLimits& limits) {
  std::string dead;  // what there is to say of those that serve no one
  for (std::string zone = name; zone.find('.') != std::string::npos;
       zone.erase(0, zone.find('.') + 1)) {
    if (zone.front() == '*' || zone.front() == '_') continue;
    MEX_ASSIGN_OR_RETURN(const CloudflareZone found, zone_called(zone, limits));
    if (found.id.empty()) {
      if (dead.empty()) dead = found.notice;
      continue;
    }
    for (std::string each = name; each != zone; each.erase(0, each.find('.') + 1)) {
      remember(each, found);
    }
    remember(zone, found);
    return "/zones/" + http_client::percent_encode(found.id) + "/dns_records";
  }
  return base::error(StatusCode::kNotFound,
                     "Cloudflare holds no zone for {} that these credentials may read{}{}",
                     base::quoted(name), dead.empty() ? "" : " and that serves: ", dead);
}

absl::StatusOr<std::vector<CloudflareRecord>> Cloudflare::list(const std::string& name,
                                                               RecordType type,
                                                               const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const std::string path, records_path(name, limits));
  std::vector<CloudflareRecord> all;
  int pages = 1;
  for (int page = 1; page <= pages; ++page) {
    const std::string query = fmt::format("?per_page={}&page={}&type={}&name={}", kPage, page,
                                          dns::to_string(type), http_client::percent_encode(name));
    MEX_ASSIGN_OR_RETURN(const Response response, call("GET", path + query, "", limits));
    MEX_ASSIGN_OR_RETURN(const nlohmann::json result, result_of(response));
    MEX_ASSIGN_OR_RETURN(const auto records, read_records(result));
    for (const CloudflareRecord& each : records) {
      if (each.record.name == name && each.record.type == type) all.push_back(each);
    }
    pages = page_count(response);
  }
  return all;
}

absl::StatusOr<std::vector<DnsRecord>> Cloudflare::find(const std::string& name, RecordType type,
                                                        const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const auto all, list(name, type, limits));
  std::vector<DnsRecord> records;
  for (const CloudflareRecord& each : all) records.push_back(each.record);
  return records;
}

absl::StatusOr<std::optional<CloudflareRecord>> Cloudflare::find_same(
    const DnsRecord& record, const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const auto all, list(record.name, record.type, limits));
  const auto same = std::find_if(all.begin(), all.end(), [&](const CloudflareRecord& each) {
    return each.record.content == record.content;
  });
  if (same == all.end()) return std::nullopt;
  return *same;
}

absl::Status Cloudflare::add(const DnsRecord& record, const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const std::string path, records_path(record.name, limits));
  MEX_ASSIGN_OR_RETURN(const Response response, call("POST", path, record_body(record), limits));
  return says_already_there(response) ? absl::OkStatus() : result_of(response).status();
}

absl::Status Cloudflare::remove(const DnsRecord& record, const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const auto same, find_same(record, limits));
  if (!same) return absl::OkStatus();
  MEX_ASSIGN_OR_RETURN(const std::string path, records_path(record.name, limits));
  MEX_ASSIGN_OR_RETURN(
      const Response response,
      call("DELETE", path + "/" + http_client::percent_encode(same->id), "", limits));
  return says_already_gone(response) ? absl::OkStatus() : result_of(response).status();
}

absl::Status Cloudflare::change(const DnsRecord& from, const DnsRecord& to,
                                const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const auto same, find_same(from, limits));
  if (!same) return add(to, limits);
  MEX_ASSIGN_OR_RETURN(const std::string path, records_path(from.name, limits));
  MEX_ASSIGN_OR_RETURN(
      const Response response,
      call("PUT", path + "/" + http_client::percent_encode(same->id), record_body(to), limits));
  if (says_already_there(response)) return remove(from, limits);
  return result_of(response).status();
}

}  // namespace

std::unique_ptr<DnsProvider> create_cloudflare(CloudflareOptions options) {
  return std::make_unique<Cloudflare>(std::move(options));
}

}  // namespace mex::dns
