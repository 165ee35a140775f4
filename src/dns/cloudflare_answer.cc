#include "dns/cloudflare_answer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/dns_name.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::dns {
namespace {

using absl::StatusCode;
using nlohmann::json;

// https://developers.cloudflare.com/dns/manage-dns-records/troubleshooting/records-with-same-name/
// and the error tables of the API's pages.
constexpr std::array<int, 2> kAlreadyThere{81057, 81058};
constexpr std::array<int, 2> kAlreadyGone{81044, 1032};

json parse(const http_client::Response& response) {
  return json::parse(response.body, nullptr, /*allow_exceptions=*/false);
}

std::string text_in(const json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t number_in(const json& object, const char* name, std::int64_t otherwise) {
  if (!object.is_object()) return otherwise;
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>()
                                                             : otherwise;
}

const json& list_in(const json& object, const char* name) {
  static const json kNone = json::array();
  if (!object.is_object()) return kNone;
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : kNone;
}

// "9109: Invalid access token", and what is below it.
std::string words_of(const json& errors) {
  std::string text;
  for (const json& error : errors) {
    if (!text.empty()) text += "; ";
    text += fmt::format("{}: {}", number_in(error, "code", 0), text_in(error, "message"));
    for (const json& inner : list_in(error, "error_chain")) {
      text += fmt::format(" ({}: {})", number_in(inner, "code", 0), text_in(inner, "message"));
    }
  }
  return text;
}

bool has_code(const json& answer, const std::array<int, 2>& codes) {
  const json& errors = list_in(answer, "errors");
  return std::any_of(errors.begin(), errors.end(), [&](const json& error) {
    return std::find(codes.begin(), codes.end(), number_in(error, "code", 0)) != codes.end();
  });
}

// 400 is what Cloudflare says to credentials that cannot be any (6003, 6111).
StatusCode code_of(int status, const json& answer) {
  constexpr std::array<int, 2> kMalformedCredentials{6003, 6111};
  switch (status) {
    case 401:
      return StatusCode::kUnauthenticated;
    case 403:
      // 9109, 10000: no such token; everything else: not this zone, or not this right.
      return has_code(answer, {9109, 9103}) ? StatusCode::kUnauthenticated
                                            : StatusCode::kPermissionDenied;
    case 404:
      return StatusCode::kNotFound;
    case 429:
      return StatusCode::kResourceExhausted;
    default:
      break;
  }
  if (has_code(answer, kMalformedCredentials)) return StatusCode::kUnauthenticated;
  return status >= 500 ? StatusCode::kUnavailable : StatusCode::kFailedPrecondition;
}

std::string_view advice_for(StatusCode code) {
  if (code == StatusCode::kPermissionDenied) {
    return "; the token needs the rights Zone:Read and DNS:Edit for this zone";
  }
  if (code == StatusCode::kUnauthenticated) return "; the token or key is not accepted";
  return "";
}

// https://developers.cloudflare.com/dns/zone-setups/reference/domain-status/: 0 for what serves
// no one.
int rank_of(std::string_view status, bool is_paused) {
  if (status == "active" || status.empty()) return is_paused ? 3 : 4;
  if (status == "pending") return 2;
  return status == "initializing" ? 1 : 0;
}

std::string notice_of(const std::string& name, std::string_view status, bool is_paused) {
  const int rank = rank_of(status, is_paused);
  const std::string zone = fmt::format("the zone {} at Cloudflare", base::quoted(name));
  if (rank == 4) return "";
  if (rank == 3)
    return zone + " is paused: its names are answered, but by no network of Cloudflare's";
  if (rank > 0) {
    return fmt::format(
        "{} is {}: no one asks it until the domain's registrar names its name servers", zone,
        status);
  }
  return fmt::format("{} is {} and serves no one", zone, base::quoted(status.substr(0, 40)));
}

std::optional<RecordType> type_of(std::string_view text) {
  for (const RecordType each : {RecordType::A, RecordType::Aaaa, RecordType::Txt}) {
    if (text == to_string(each)) return each;
  }
  return std::nullopt;
}

// Cloudflare gives TXT content back as it was sent, or in quotes as zone files have it.
std::string unquoted(const std::string& text) {
  const bool is_quoted = text.size() >= 2 && text.starts_with('"') && text.ends_with('"');
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

absl::StatusOr<json> read_result(const http_client::Response& response) {
  json answer = parse(response);
  const bool is_answer = answer.is_object() && answer.contains("success");
  const bool succeeded = is_answer && answer["success"] == true && response.status < 300;
  if (succeeded) return answer.value("result", json());
  const StatusCode code = code_of(response.status, answer);
  const std::string words = words_of(list_in(answer, "errors"));
  return base::error(code, "Cloudflare answers {}{}{}{}", response.status,
                     words.empty() ? "" : ": ", words, advice_for(code));
}

bool says_already_there(const http_client::Response& response) {
  return has_code(parse(response), kAlreadyThere);
}

bool says_already_gone(const http_client::Response& response) {
  return response.status == 404 || has_code(parse(response), kAlreadyGone);
}

int page_count(const http_client::Response& response) {
  const json answer = parse(response);
  if (!answer.is_object() || !answer.contains("result_info")) return 1;
  constexpr std::int64_t kMaxPages = 1000;
  return static_cast<int>(
      std::clamp<std::int64_t>(number_in(answer["result_info"], "total_pages", 1), 1, kMaxPages));
}

absl::StatusOr<CloudflareZone> choose_zone(const json& result, const std::string& name) {
  if (!result.is_array()) {
    return base::error(StatusCode::kUnavailable, "Cloudflare's answer is not a list of zones");
  }
  CloudflareZone chosen;
  int chosen_rank = 0;
  for (const json& each : result) {
    const std::string id = text_in(each, "id");
    if (id.empty()) {
      return base::error(StatusCode::kUnavailable, "Cloudflare's answer is not a list of zones");
    }
    const std::string status = text_in(each, "status");
    const bool is_paused = each.value("paused", json(false)) == true;
    const int rank = rank_of(status, is_paused);
    if (rank <= chosen_rank && !(chosen_rank == 0 && chosen.notice.empty())) continue;
    chosen_rank = rank;
    chosen = {.id = rank > 0 ? id : "", .notice = notice_of(name, status, is_paused)};
  }
  return chosen;
}

absl::StatusOr<std::vector<CloudflareRecord>> read_records(const json& result) {
  if (!result.is_array()) {
    return base::error(StatusCode::kUnavailable, "Cloudflare's answer is no list of records");
  }
  std::vector<CloudflareRecord> records;
  for (const json& each : result) {
    const auto type = type_of(text_in(each, "type"));
    const std::string id = text_in(each, "id");
    if (!type || id.empty()) continue;
    DnsRecord record;
    record.name = base::normal_dns_name(text_in(each, "name"));
    record.type = *type;
    record.content = text_in(each, "content");
    if (*type == RecordType::Txt) record.content = unquoted(record.content);
    record.ttl = std::chrono::seconds(number_in(each, "ttl", 1));
    record.is_proxied = each.value("proxied", json(false)) == true;
    records.push_back({id, std::move(record)});
  }
  return records;
}

std::string record_body(const DnsRecord& record) {
  json body = {{"type", to_string(record.type)},
               {"name", record.name},
               {"content", record.content},
               {"ttl", record.ttl.count()}};
  if (record.type != RecordType::Txt) body["proxied"] = record.is_proxied;
  // Shown to people in Cloudflare's console.
  body["comment"] = "mexosagent";
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<std::chrono::seconds> retry_after(const http_client::Response& response) {
  const std::string_view text = response.header("Retry-After");
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && seconds >= 0;
  if (text.empty() || !is_number) return std::nullopt;
  return std::chrono::seconds(std::min<std::int64_t>(seconds, 24 * 3600));
}

}  // namespace mex::dns
