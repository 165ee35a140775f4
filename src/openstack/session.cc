#include "openstack/session.h"

#include <utility>

#include "base/backoff.h"
#include "base/log.h"
#include "base/random_id.h"
#include "base/status.h"
#include "http_client/client.h"
#include "openstack/api_call.h"
#include "openstack/catalog.h"
#include "openstack/error.h"
#include "openstack/json_reader.h"
#include "openstack/retry.h"
#include "openstack/token_keeper.h"

namespace mex::openstack {
namespace {

using http_client::Request;
using http_client::Response;

// All attempts of one request together.
struct Outcome {
  Attempt last;
  bool maybe_done = false;  // by any of them
  std::string request_id;   // the service's, or ours if it did not answer
};

// A name for our request that OpenStack's services write into their logs beside their own, so that
// a call can be found there even if its answer was lost.
std::string new_request_id() {
  std::string id = base::random_hex(16);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) id.insert(dash, 1, '-');
  return "req-" + id;
}

http_client::Options http_options(const CloudConfig& config) {
  http_client::Options options;
  options.ca_file = config.ca_file;
  options.insecure = config.insecure;
  options.client_certificate_pem = config.client_certificate_pem;
  options.client_key_pem = config.client_key_pem;
  return options;
}

void log_attempt(const Request& request, const Attempt& attempt, std::string_view request_id) {
  if (!log::enabled(log::Level::Debug)) return;
  const std::string result =
      attempt.ok() ? fmt::format("{}", attempt->status) : attempt.status().ToString();
  log::debug("openstack call", {{"method", request.method},
                                {"url", request.url},
                                {"result", result},
                                {"request_id", request_id}});
}

// `status`, the failure of a call named `what`, with what is known about it attached.
absl::Status failure(const absl::Status& status, std::string_view what, const Outcome& outcome) {
  return base::with_detail(base::annotate(status, what),
                           {.field = {}, .request_id = outcome.request_id, .cloud_code = {}});
}

absl::Status check_answer(std::string_view what, const Outcome& outcome) {
  if (!outcome.last.ok()) return failure(outcome.last.status(), what, outcome);
  const Response& response = *outcome.last;
  if (response.status >= 400) return error_from_response(what, response);
  if (response.status >= 200 && response.status < 300) return absl::OkStatus();
  return failure(base::error(absl::StatusCode::kFailedPrecondition,
                             "HTTP {} with Location '{}': the endpoint's URL is not right",
                             response.status, response.header("location")),
                 what, outcome);
}

}  // namespace

class Session::Impl {
 public:
  Impl(CloudConfig config, Options options)
      : config_(std::move(config)),
        options_(options),
        client_(http_options(config_)),
        keeper_([this](const CallContext& context) { return log_in(context); },
                base::system_clock()) {}

  const CloudConfig& config() const { return config_; }
  const Options& options() const { return options_; }
  TokenKeeper& keeper() { return keeper_; }
  CallHistory& history() { return history_; }

  absl::StatusOr<ApiAnswer> call(const ApiCall& call, const CallContext& context);
  absl::StatusOr<std::string> keystone_version(const CallContext& context);

 private:
  absl::StatusOr<TokenKeeper::TokenPointer> log_in(const CallContext& context);
  absl::StatusOr<TokenKeeper::TokenPointer> fetch_token(const CallContext& context);
  absl::StatusOr<Request> request_for(const ApiCall& call, const Token& token) const;
  Outcome send(Request request, bool idempotent, const CallContext& context);

  const CloudConfig config_;
  const Options options_;
  http_client::Client client_;
  CallHistory history_{base::system_clock()};
  TokenKeeper keeper_;
};

// Sends `request` until an attempt is good or repeating makes no sense. An answer of any status
// code other than a transient failure is the caller's to judge.
Outcome Session::Impl::send(Request request, bool idempotent, const CallContext& context) {
  request.limits = context;
  Outcome outcome;
  outcome.request_id = new_request_id();
  request.headers.push_back({.name = "X-Openstack-Request-Id", .value = outcome.request_id});
  for (int number = 1;; ++number) {
    outcome.last = client_.send(request);
    outcome.maybe_done = outcome.maybe_done || may_have_been_done(outcome.last);
    if (outcome.last.ok() && !request_id_of(*outcome.last).empty()) {
      outcome.request_id = request_id_of(*outcome.last);
    }
    if (outcome.last.ok()) history_.answered();
    log_attempt(request, outcome.last, outcome.request_id);
    if (context.trace != nullptr) {
      ++context.trace->attempts;
      context.trace->request_id = outcome.request_id;
    }
    if (number >= options_.max_attempts || !worth_repeating(outcome.last, idempotent)) break;
    const auto pause = retry_after(outcome.last)
                           .value_or(pause_after(number, options_.backoff, base::random_jitter()));
    // The failure that is at hand says more than a deadline that is sure to pass.
    if (base::system_clock().steady_now() + pause >= context.deadline) break;
    if (!base::sleep_for(pause, context.stop)) {
      outcome.last = absl::CancelledError("the call was cancelled");
      break;
    }
  }
  return outcome;
}

absl::StatusOr<TokenKeeper::TokenPointer> Session::Impl::log_in(const CallContext& context) {
  auto token = fetch_token(context);
  if (!token.ok()) history_.ended(token.status());
  return token;
}

absl::StatusOr<TokenKeeper::TokenPointer> Session::Impl::fetch_token(const CallContext& context) {
  Request request;
  request.method = "POST";
  request.url = config_.auth_url + "/auth/tokens";
  request.headers = {{.name = "Content-Type", .value = "application/json"},
                     {.name = "Accept", .value = "application/json"}};
  request.body = token_request_body(config_);
  const base::SteadyTime asked_at = base::system_clock().steady_now();
  // A POST that may be repeated: a token too many does no harm.
  const Outcome outcome = send(std::move(request), true, context);
  const std::string what = login_to_string(config_);
  if (absl::Status status = check_answer(what, outcome); !status.ok()) {
    if (!absl::IsNotFound(status)) return status;
    return base::with_detail(
        base::error(absl::StatusCode::kFailedPrecondition,
                    "{}: there is no Keystone v3 at this address: check OS_AUTH_URL",
                    base::message_of(status)),
        base::detail_of(status));
  }
  auto token = read_token(*outcome.last, asked_at);
  if (!token.ok()) return failure(token.status(), what, outcome);
  return token;
}

absl::StatusOr<Request> Session::Impl::request_for(const ApiCall& call, const Token& token) const {
  MEX_ASSIGN_OR_RETURN(const std::string endpoint,
                       endpoint_of(config_, token.catalog, token.owner.project_id, call.service));
  Request request;
  request.method = call.method;
  request.url = endpoint + call.path;
  request.headers = {{.name = "Accept", .value = "application/json"},
                     {.name = "X-Auth-Token", .value = token.id.reveal()}};
  if (call.service == Service::Compute && !call.compute_version.empty()) {
    request.headers.push_back({.name = "OpenStack-API-Version",
                               .value = fmt::format("compute {}", call.compute_version)});
  }
  if (call.volume_version != nullptr) {
    request.headers.push_back(
        {.name = "OpenStack-API-Version", .value = fmt::format("volume {}", call.volume_version)});
  }
  if (!call.body.is_null()) {
    request.headers.push_back({.name = "Content-Type", .value = "application/json"});
    request.body = to_string(call.body);
  }
  return request;
}

absl::StatusOr<ApiAnswer> Session::Impl::call(const ApiCall& call, const CallContext& context) {
  Outcome outcome;
  bool maybe_done = false;
  for (bool renewed = false;; renewed = true) {
    MEX_ASSIGN_OR_RETURN(const TokenKeeper::TokenPointer token, keeper_.get(context));
    MEX_ASSIGN_OR_RETURN(Request request, request_for(call, *token));
    outcome = send(std::move(request), call.idempotent, context);
    maybe_done = maybe_done || outcome.maybe_done;
    const bool refused = outcome.last.ok() && outcome.last->status == 401;
    if (!refused || renewed) break;
    keeper_.reject(token);
  }
  const bool changes = call.method != "GET";
  if (absl::Status status = check_answer(call.what, outcome); !status.ok()) {
    return changes && maybe_done ? with_unknown_outcome(std::move(status)) : status;
  }
  ApiAnswer answer{.status = outcome.last->status, .body = nullptr};
  if (outcome.last->body.empty()) return answer;
  if (absl::Status status = parse_json(outcome.last->body, answer.body); !status.ok()) {
    status = failure(status, call.what, outcome);
    return changes ? with_unknown_outcome(std::move(status)) : status;
  }
  return answer;
}

absl::StatusOr<std::string> Session::Impl::keystone_version(const CallContext& context) {
  constexpr std::string_view kWhat = "ask for the version of Keystone";
  Request request;
  request.url = config_.auth_url;
  request.headers = {{.name = "Accept", .value = "application/json"}};
  const Outcome outcome = send(std::move(request), true, context);
  MEX_RETURN_IF_ERROR(check_answer(kWhat, outcome));
  nlohmann::json body;
  MEX_RETURN_IF_ERROR(base::annotate(parse_json(outcome.last->body, body), kWhat));
  JsonReader reader(body, kWhat);
  JsonReader version(reader.object("version"), kWhat);
  std::string id = version.text("id");
  MEX_RETURN_IF_ERROR(version.status());
  return id;
}

Session::Session(CloudConfig config) : Session(std::move(config), Options()) {}

Session::Session(CloudConfig config, Options options)
    : impl_(std::make_unique<Impl>(std::move(config), options)) {}

Session::~Session() = default;

absl::Status Session::log_in(const CallContext& context) {
  return impl_->keeper().get(context).status();
}

absl::Status Session::check_region(std::string_view region, const CallContext& context) {
  MEX_ASSIGN_OR_RETURN(const TokenKeeper::TokenPointer token, impl_->keeper().get(context));
  return find_endpoint(token->catalog, Service::Network, region, config().interface).status();
}

absl::StatusOr<bool> Session::has_service(Service service, const CallContext& context) {
  MEX_ASSIGN_OR_RETURN(const TokenKeeper::TokenPointer token, impl_->keeper().get(context));
  return endpoint_of(config(), token->catalog, token->owner.project_id, service).ok();
}

absl::StatusOr<std::string> Session::project_id(const CallContext& context) {
  MEX_ASSIGN_OR_RETURN(const TokenKeeper::TokenPointer token, impl_->keeper().get(context));
  return token->owner.project_id;
}

absl::StatusOr<TokenOwner> Session::owner(const CallContext& context) {
  MEX_ASSIGN_OR_RETURN(const TokenKeeper::TokenPointer token, impl_->keeper().get(context));
  return token->owner;
}

absl::StatusOr<std::string> Session::endpoint(Service service, const CallContext& context) {
  MEX_ASSIGN_OR_RETURN(const TokenKeeper::TokenPointer token, impl_->keeper().get(context));
  return endpoint_of(config(), token->catalog, token->owner.project_id, service);
}

absl::StatusOr<std::string> Session::keystone_version(const CallContext& context) {
  auto version = impl_->keystone_version(context);
  impl_->history().ended(version.status());
  return version;
}

CallHistory& Session::calls() { return impl_->history(); }

const CloudConfig& Session::config() const { return impl_->config(); }

std::size_t Session::page_size() const { return impl_->options().page_size; }

absl::StatusOr<ApiAnswer> Session::call(const ApiCall& call, const CallContext& context) {
  auto answer = impl_->call(call, context);
  impl_->history().ended(answer.status());
  return answer;
}

}  // namespace mex::openstack
