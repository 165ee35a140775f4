#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dns/dns_provider.h"
#include "http_client/client.h"

// What Cloudflare answers, taken apart. Pure.
namespace mex::dns {

struct CloudflareRecord {
  std::string id;
  DnsRecord record;
};

// The "result" of an answer that says "success", else an error of dns_provider.h with Cloudflare's
// own codes and words.
absl::StatusOr<nlohmann::json> read_result(const http_client::Response& response);

// Codes of Cloudflare that say that there is nothing to do.
bool says_already_there(const http_client::Response& response);
bool says_already_gone(const http_client::Response& response);

// How many pages a list has; 1 if it does not say.
int page_count(const http_client::Response& response);

// A zone, as far as records are concerned.
struct CloudflareZone {
  std::string id;      // empty: there is none that serves
  std::string notice;  // what a person should know of it; empty: nothing
};

// The one of a list of zones of one name that public DNS asks: an active one before one that waits
// for its delegation. Those that are moved, deleted or deactivated serve no one; without another
// one `notice` says so. Unavailable if it is no list of zones.
absl::StatusOr<CloudflareZone> choose_zone(const nlohmann::json& result, const std::string& name);

// Records of other types are left out. Unavailable if it is no list of records.
absl::StatusOr<std::vector<CloudflareRecord>> read_records(const nlohmann::json& result);

// The body that makes the record.
std::string record_body(const DnsRecord& record);

// For how long the service wants to be left alone; nothing if it does not say.
std::optional<std::chrono::seconds> retry_after(const http_client::Response& response);

}  // namespace mex::dns
