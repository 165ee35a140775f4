#include "kubernetes/client.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "kubernetes/api_error.h"
#include "kubernetes/json_access.h"

namespace mex::kubernetes {
namespace {

// "10.101.7.10:6443" of "https://10.101.7.10:6443".
std::string authority_of(const std::string& url) {
  const std::size_t scheme_end = url.find("://");
  return scheme_end == std::string::npos ? url : url.substr(scheme_end + 3);
}

std::string port_of(const std::string& authority) {
  const std::size_t colon = authority.rfind(':');
  return colon == std::string::npos ? "" : authority.substr(colon);
}

http_client::Options transport_for(const ClientOptions& options, const std::string& url) {
  http_client::Options transport;
  transport.ca_pem = options.ca_certificate_pem;
  transport.client_certificate_pem = options.identity.certificate_pem;
  transport.client_key_pem = options.identity.key_pem;
  transport.connect_timeout = options.connect_timeout;
  transport.max_idle_channels = 4;
  // The way to a cluster is a route of this machine, whatever its proxy for the Internet is.
  transport.use_environment_proxy = false;
  if (!options.server_name.empty()) transport.connect_to = authority_of(url);
  return transport;
}

bool only_reads(const ApiCall& call) { return call.method == "GET"; }

}  // namespace

struct Client::Server {
  Server(std::string base_url, http_client::Options options)
      : url(std::move(base_url)), http(std::move(options)) {}

  std::string url;
  http_client::Client http;
};

Client::Client(const ClientOptions& options) : poll_interval_(options.poll_interval) {
  for (const std::string& url : options.servers) {
    const std::string named = options.server_name.empty()
                                  ? url
                                  : "https://" + options.server_name + port_of(authority_of(url));
    servers_.push_back(std::make_unique<Server>(named, transport_for(options, url)));
  }
}

Client::~Client() = default;

http_client::Request Client::request_to(const Server& server, const ApiCall& call,
                                        const base::CallLimits& limits) const {
  http_client::Request request;
  request.method = call.method;
  request.url = server.url + call.path;
  request.headers = {{.name = "Accept", .value = "application/json"}};
  if (!call.body.empty()) {
    request.headers.push_back(
        {.name = "Content-Type",
         .value = call.content_type.empty() ? "application/json" : call.content_type});
  }
  request.body = call.body;
  request.limits = limits;
  return request;
}

template <typename Attempt>
auto Client::first_answer(const ApiCall& call, Attempt attempt) {
  using Answer = decltype(attempt(*servers_.front()));
  Answer answer = base::error(absl::StatusCode::kFailedPrecondition, "no API server is known");
  const std::size_t first = preferred_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const std::size_t index = (first + i) % servers_.size();
    answer = attempt(*servers_[index]);
    if (answer.ok()) {
      preferred_.store(index, std::memory_order_relaxed);
      return answer;
    }
    const bool lost = answer.status().code() == absl::StatusCode::kUnavailable;
    if (!lost || !(only_reads(call) || http_client::nothing_was_sent(answer.status()))) break;
  }
  return Answer(base::annotate(answer.status(), call.what));
}

absl::StatusOr<http_client::Response> Client::send(const ApiCall& call,
                                                   const base::CallLimits& limits) {
  return first_answer(
      call, [&](Server& server) { return server.http.send(request_to(server, call, limits)); });
}

absl::StatusOr<std::string> Client::call_text(const ApiCall& call, const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(http_client::Response response, send(call, limits));
  if (response.status >= 200 && response.status < 300) return std::move(response.body);
  return error_from_response(call.what, response);
}

absl::StatusOr<nlohmann::json> Client::call(const ApiCall& call, const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const std::string text, call_text(call, limits));
  auto answer = parse_answer(text);
  if (!answer.ok()) return base::annotate(answer.status(), call.what);
  return answer;
}

absl::StatusOr<std::unique_ptr<http_client::Stream>> Client::open(const ApiCall& call,
                                                                  const base::CallLimits& limits) {
  auto opened = first_answer(
      call, [&](Server& server) { return server.http.open(request_to(server, call, limits)); });
  if (!opened.ok()) return opened.status();
  http_client::Response answer = (*opened)->head();
  if (answer.status == 200) return opened;
  for (;;) {
    const auto bytes = (*opened)->read(limits);
    if (!bytes.ok() || bytes->empty()) break;
    answer.body += *bytes;
  }
  return error_from_response(call.what, answer);
}

}  // namespace mex::kubernetes
