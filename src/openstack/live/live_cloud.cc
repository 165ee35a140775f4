#include "openstack/live/live_cloud.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/check.h"
#include "base/random_id.h"
#include "base/status.h"
#include "openstack/catalog.h"
#include "openstack/settings/load_cloud_config.h"
#include "openstack/token.h"

namespace mex::openstack {

CloudConfig live_config() {
  static const absl::StatusOr<CloudConfig> config = load_cloud_config(process_variables());
  if (!config.ok()) {
    fmt::print(stderr, "{}\n", base::message_of(config.status()));
    std::exit(2);
  }
  return *config;
}

std::string live_address(Service service) {
  const CloudConfig config = live_config();
  http_client::Request request;
  request.method = "POST";
  request.url = config.auth_url + "/auth/tokens";
  request.headers = {{.name = "Content-Type", .value = "application/json"}};
  request.body = token_request_body(config);
  request.limits.deadline = live_context().deadline;
  const auto response = http_client::Client({}).send(request);
  MEX_CHECK(response.ok(), "Keystone does not answer");
  const auto token = read_token(*response, request.limits.deadline);
  MEX_CHECK(token.ok(), "Keystone gave no token");
  const auto endpoint = find_endpoint((*token)->catalog, service, config.region, config.interface);
  MEX_CHECK(endpoint.ok(), "the catalog lacks the service");
  return address_of(*endpoint);
}

CallContext live_context(CallTrace* trace) {
  return {{.deadline = base::system_clock().steady_now() + std::chrono::minutes(1)}, trace};
}

std::string unique_name() { return "mexlive-" + base::random_id(10); }

Relay::Relay(std::string target, Script script)
    : client_({}),
      target_(std::move(target)),
      server_([this, script = std::move(script)](const http_client::ScriptedServer::Seen& request) {
        return script(request, [&] { return forward(request); });
      }) {}

std::string Relay::forward(const http_client::ScriptedServer::Seen& seen) {
  http_client::Request request;
  request.method = seen.method;
  request.url = target_ + seen.target;
  request.body = seen.body;
  request.limits.deadline = live_context().deadline;
  for (const auto& [name, value] : seen.headers) {
    if (name != "host" && name != "content-length" && name != "connection") {
      request.headers.push_back({.name = name, .value = value});
    }
  }
  const auto response = client_.send(request);
  if (!response.ok()) return http_client::http_answer(502, response.status().ToString());
  std::string lines;
  for (const std::string_view name :
       {"Content-Type", "X-Subject-Token", "X-Openstack-Request-Id"}) {
    if (const auto value = response->header(name); !value.empty()) {
      lines += fmt::format("{}: {}\r\n", name, value);
    }
  }
  return http_client::http_answer(response->status, response->body, lines);
}

std::string address_of(const std::string& url) { return url.substr(0, url.find('/', 8)); }

}  // namespace mex::openstack
