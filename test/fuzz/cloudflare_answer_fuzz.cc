// Answers of a service on the Internet, whatever they are. Promises: no answer ends the process,
// and records have a name for Cloudflare's own use.

#include <cstddef>
#include <cstdint>
#include <string>

#include "certificates/txt_request.h"
#include "dns/cloudflare_answer.h"
#include "oracle.h"

namespace dns = mex::dns;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  mex::http_client::Response response;
  constexpr int kStatuses[] = {200, 400, 401, 403, 404, 429, 500};
  response.status = kStatuses[data[0] % 7];
  response.body.assign(reinterpret_cast<const char*>(data + 1), size - 1);
  response.headers = {{"Retry-After", response.body.substr(0, 8)}};
  dns::says_already_there(response);
  dns::says_already_gone(response);
  require(dns::page_count(response) >= 1, "there is always a page");
  dns::retry_after(response);
  const auto result = dns::read_result(response);
  if (result.ok()) {
    const auto zone = dns::choose_zone(*result, "edge.example");
    if (zone.ok()) require(zone->notice.size() < 400, "what is said of a zone is short");
    const auto records = dns::read_records(*result);
    if (records.ok()) {
      for (const auto& each : *records) require(!each.id.empty(), "records can be named");
    }
  }
  static_cast<void>(mex::certificates::read_txt_request(response.body, {"edge.example"}));
  return 0;
}
