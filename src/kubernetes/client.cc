#include "kubernetes/client.h"

#include <cstdint>
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
  transport.prefer_http2 = options.prefer_http2;
  if (!options.server_name.empty()) transport.connect_to = authority_of(url);
  return transport;
}

bool only_reads(const ApiCall& call) { return call.method == "GET"; }

// The call that ended so can be made to another server.
bool may_be_made_elsewhere(const ApiCall& call, const absl::Status& status) {
  return only_reads(call) || http_client::nothing_was_sent(status);
}

}  // namespace

struct Client::Server {
  Server(std::string base_url, const http_client::Options& transport)
      : url(std::move(base_url)),
        options(std::make_shared<const http_client::Options>(transport)),
        http(transport) {}

  std::string url;
  std::shared_ptr<const http_client::Options> options;
  http_client::Client http;
};

// A call that goes from one server to the next.
struct Client::AsyncCall {
  http_client::AsyncClient& transport;
  ApiCall call;
  base::CallLimits limits;
  Done done;
  std::size_t next = 0;  // server
  std::size_t servers_left = 0;
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
  request.max_response_bytes = call.max_response_bytes;
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
    if (!lost || !may_be_made_elsewhere(call, answer.status())) break;
  }
  return Answer(base::annotate(answer.status(), call.what));
}

absl::StatusOr<http_client::Response> Client::send(const ApiCall& call,
                                                   const base::CallLimits& limits) {
  return first_answer(
      call, [&](Server& server) { return server.http.send(request_to(server, call, limits)); });
}

void Client::send(http_client::AsyncClient& transport, const ApiCall& call,
                  const base::CallLimits& limits, Done done) {
  if (servers_.empty()) {
    return done(base::error(absl::StatusCode::kFailedPrecondition, "{}: no API server is known",
                            call.what));
  }
  ask_next_server(
      std::make_shared<AsyncCall>(AsyncCall{.transport = transport,
                                            .call = call,
                                            .limits = limits,
                                            .done = std::move(done),
                                            .next = preferred_.load(std::memory_order_relaxed),
                                            .servers_left = servers_.size()}));
}

void Client::ask_next_server(const std::shared_ptr<AsyncCall>& call) {
  const std::size_t index = call->next;
  const Server& server = *servers_[index];
  call->next = (index + 1) % servers_.size();
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      call->limits.deadline - base::system_clock().steady_now());
  const auto share = left / static_cast<std::int64_t>(call->servers_left--);
  call->transport.send(
      request_to(server, call->call, base::within(share, call->limits)), server.options,
      [self = shared_from_this(), call, index](absl::StatusOr<http_client::Response> answer) {
        const absl::Status status = answer.status();
        if (status.ok()) {
          self->preferred_.store(index, std::memory_order_relaxed);
          return call->done(std::move(answer));
        }
        const bool is_silent = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
        if (is_silent && call->servers_left > 0 && may_be_made_elsewhere(call->call, status)) {
          return self->ask_next_server(call);
        }
        call->done(base::annotate(status, call->call.what));
      });
}

void Client::watch(http_client::AsyncClient& transport, const ApiCall& call,
                   const base::CallLimits& limits, http_client::AsyncClient::OnBytes on_bytes,
                   Done done) {
  if (servers_.empty()) {
    return done(base::error(absl::StatusCode::kFailedPrecondition, "{}: no API server is known",
                            call.what));
  }
  const std::size_t index = preferred_.load(std::memory_order_relaxed);
  const Server& server = *servers_[index];
  transport.send(request_to(server, call, limits), server.options, std::move(on_bytes),
                 [self = shared_from_this(), what = call.what, done = std::move(done),
                  index](absl::StatusOr<http_client::Response> answer) {
                   if (answer.ok()) return done(std::move(answer));
                   std::size_t expected = index;
                   self->preferred_.compare_exchange_strong(
                       expected, (index + 1) % self->servers_.size(), std::memory_order_relaxed);
                   done(base::annotate(answer.status(), what));
                 });
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
