#include "agent/health_probe.h"

#include <netinet/in.h>

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/status.h"
#include "http_client/client.h"

namespace mex::agent {
namespace {

constexpr std::chrono::seconds kMaxWait{5};

// A listener of every address answers at the loopback one.
net::Address reachable(const net::Address& rest) {
  return rest.is_any() ? net::Address::loopback(rest.port()) : rest;
}

}  // namespace

absl::Status probe_health(const net::Address& rest) {
  http_client::Options options;
  options.use_environment_proxy = false;
  // Whether it is well is asked for, not who it is.
  options.insecure = true;
  http_client::Client client(std::move(options));
  http_client::Request request;
  request.url = "http://" + reachable(rest).text() + "/healthz";
  request.limits.deadline = base::system_clock().steady_now() + kMaxWait;
  auto answer = client.send(request);
  if (!answer.ok() || answer->status == 400) {
    // With -api_tls its port speaks TLS, and says that to clear text, too. If neither is well, the
    // first attempt says why.
    request.url = "https://" + reachable(rest).text() + "/healthz";
    auto encrypted = client.send(request);
    if (encrypted.ok()) answer = std::move(encrypted);
  }
  if (!answer.ok()) return answer.status();
  if (answer->status != 200) {
    return base::error(absl::StatusCode::kUnavailable, "/healthz at {} answered {}: {}",
                       rest.text(), answer->status, answer->body.substr(0, 200));
  }
  return absl::OkStatus();
}

}  // namespace mex::agent
