#include "api/rest_service.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "api/pages.h"
#include "api/transcoding/rule_table.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/status.h"
#include "http/forwarding_headers.h"
#include "http/head.h"
#include "http/header_list.h"
#include "metrics/metrics.h"

namespace mex::api {
namespace {

using http::KnownHeader;
using http::Method;

bool is_read(Method method) { return method == Method::Get || method == Method::Head; }

void send(server::Exchange& exchange, const HttpReply& reply) {
  std::vector<server::HeaderView> headers = {
      {"Content-Type", reply.content_type},
      {"X-Content-Type-Options", "nosniff"},
      {"Cache-Control", "no-store"},
  };
  for (const auto& [name, value] : reply.headers) headers.push_back({name, value});
  if (log::enabled(log::Level::Debug)) {
    log::debug("API call", {{"method", exchange.request().method_text},
                            {"path", exchange.request().path},
                            {"status", reply.status},
                            {"peer", exchange.connection().peer.text()}});
  }
  server::respond(exchange, reply.status, headers, reply.body);
}

void send_page(server::Exchange& exchange, const Page& page) {
  const std::string etag = etag_of(page);
  const std::array headers = {
      server::HeaderView{"Content-Type", page.content_type},
      server::HeaderView{"ETag", etag},
      server::HeaderView{"Cache-Control", "no-cache"},
      server::HeaderView{"Content-Security-Policy", kContentSecurityPolicy},
      server::HeaderView{"X-Content-Type-Options", "nosniff"},
      server::HeaderView{"Referrer-Policy", "no-referrer"},
  };
  if (exchange.request().headers.value(KnownHeader::IfNoneMatch) != etag) {
    return server::respond(exchange, 200, headers, page.content);
  }
  exchange.send_head(304, headers, server::BodyLength::none());
  exchange.end_body();
}

access::HttpCaller identity_of(const server::Exchange& exchange) {
  const http::RequestHead& head = exchange.request();
  access::HttpCaller caller;
  caller.loopback = exchange.connection().peer.is_loopback();
  caller.authorization = head.headers.value(KnownHeader::Authorization);
  caller.host = head.host_text;
  caller.origin = head.headers.value(KnownHeader::Origin);
  caller.sec_fetch_site = head.headers.value(KnownHeader::SecFetchSite);
  caller.forwarded = std::any_of(
      head.headers.begin(), head.headers.end(),
      [](const http::Header& header) { return http::is_forwarding_header(header.name); });
  return caller;
}

HttpReply method_not_allowed(std::string allow) {
  HttpReply reply = text_reply(405, "Method Not Allowed");
  reply.headers.emplace_back("Allow", std::move(allow));
  return reply;
}

HttpReply body_too_large() {
  return error_reply(413, base::error(absl::StatusCode::kResourceExhausted,
                                      "the body is over {} bytes", RestService::kMaxBody));
}

// RFC 9110 section 15.5.16: which codings would have been taken.
HttpReply coding_not_supported(std::string_view coding) {
  HttpReply reply = error_reply(
      415,
      base::error(absl::StatusCode::kInvalidArgument,
                  "Content-Encoding {}: bodies are taken as they are (identity), not compressed",
                  base::quoted(coding.substr(0, 64))));
  reply.headers.emplace_back("Accept-Encoding", "identity");
  return reply;
}

// The first coding of the body that is not "as it is"; empty without one.
std::string_view unsupported_coding(const http::HeaderList& headers) {
  std::string_view found;
  for (const http::Header& header : headers) {
    if (header.known != KnownHeader::ContentEncoding) continue;
    http::for_each_list_element(header.value, [&found](std::string_view coding) {
      if (found.empty() && !http::equals_ignoring_case(coding, "identity")) found = coding;
    });
  }
  return found;
}

// The call, also where the path has a slash behind it that no path of the API has.
transcoding::Lookup find_call(const transcoding::RuleTable& rules, std::string_view method,
                              std::string_view path) {
  transcoding::Lookup lookup = rules.find(method, path);
  const bool is_unknown = lookup.rule == nullptr && lookup.allow.empty();
  if (is_unknown && path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
    return rules.find(method, path);
  }
  return lookup;
}

// At most.
std::size_t body_size(const http::RequestHead& head) {
  if (head.framing.kind == http::BodyFraming::Kind::ContentLength) {
    return static_cast<std::size_t>(head.framing.length);  // which has been checked
  }
  return head.framing.kind == http::BodyFraming::Kind::None ? 0 : RestService::kMaxBody;
}

HttpReply busy(std::string_view what, const ByteBudget& budget) {
  return error_reply(base::error(absl::StatusCode::kResourceExhausted,
                                 "busy: {} of {} bytes are under way; try later", what,
                                 budget.used()));
}

// A method with "HEAD" where there is "GET" (RFC 9110 9.3.2).
std::string with_head(const std::string& allow) {
  return allow.find("GET") == std::string::npos ? allow : allow + ", HEAD";
}

// In words for what has the API's own form of errors, in the original's form for what it had.
HttpReply no_such_call(const transcoding::Lookup& lookup, const http::RequestHead& head) {
  if (!lookup.is_resource) {
    return lookup.allow.empty() ? text_reply(404, "Not Found")
                                : method_not_allowed(with_head(lookup.allow));
  }
  const std::string path = base::quoted(head.path.substr(0, 200));
  if (lookup.allow.empty()) {
    return error_reply(base::error(absl::StatusCode::kNotFound, "no such path: {}", path));
  }
  const std::string allow = with_head(lookup.allow);
  HttpReply reply =
      error_reply(405, base::error(absl::StatusCode::kUnimplemented, "{} is not for {}, but {}",
                                   base::quoted(head.method_text.substr(0, 32)), path, allow));
  reply.headers.emplace_back("Allow", allow);
  return reply;
}

// The values of all lines of that name.
std::string joined(const http::HeaderList& headers, std::string_view name) {
  std::string values;
  for (const http::Header& header : headers) {
    if (!http::equals_ignoring_case(header.name, name)) continue;
    if (!values.empty()) values += ", ";
    values += header.value;
  }
  return values;
}

}  // namespace

// One REST call: collects the body, then waits for the gateway. Shard thread only. The gateway's
// answer comes from another thread through the loop, and is dropped if the client has left.
class RestService::Call final : public server::RequestHandler,
                                public std::enable_shared_from_this<Call> {
 public:
  Call(server::Exchange& exchange, RestService& service, AuthorizedCall call,
       ByteBudget::Share body_share)
      : exchange_(&exchange),
        service_(service),
        call_(std::move(call)),
        body_share_(std::move(body_share)) {}

  void keep_alive_until_closed() { self_ = shared_from_this(); }

  void on_body(std::string_view bytes) override {
    if (answered_) return;
    if (body_.size() + bytes.size() > kMaxBody) return answer(body_too_large());
    body_ += bytes;
  }

  void on_body_end() override {
    if (answered_) return;
    net::EventLoop& loop = exchange_->loop();
    service_.gateway_.call(
        call_.caller, call_.lookup, exchange_->request().query, body_,
        [&loop, weak = weak_from_this()](HttpReply reply) {
          loop.post([weak, reply = std::move(reply)] {
            if (const auto call = weak.lock()) call->answer(reply);
          });
        },
        exchange_->connection().peer.text(), call_.precondition);
  }

  void on_output_drained() override {}

  void on_closed(server::CloseReason) override {
    exchange_ = nullptr;
    self_.reset();
  }

 private:
  void answer(const HttpReply& reply) {
    if (exchange_ == nullptr || answered_) return;
    answered_ = true;
    if (service_.answers_.take(reply.body.size(), answer_share_)) return send(*exchange_, reply);
    send(*exchange_, busy("answers", service_.answers_));
  }

  server::Exchange* exchange_;  // null after on_closed
  RestService& service_;
  const AuthorizedCall call_;
  std::string body_;
  ByteBudget::Share body_share_;
  ByteBudget::Share answer_share_;  // until the exchange is closed
  bool answered_ = false;
  std::shared_ptr<Call> self_;
};

void RestService::on_request(server::Exchange& exchange) {
  if (answer_page(exchange)) return;
  std::optional<AuthorizedCall> authorized = authorize(exchange);
  if (!authorized) return;
  ByteBudget::Share body_share;
  if (!bodies_.take(body_size(exchange.request()), body_share)) {
    return send(exchange, busy("bodies of requests", bodies_));
  }
  const auto call =
      std::make_shared<Call>(exchange, *this, *std::move(authorized), std::move(body_share));
  call->keep_alive_until_closed();
  exchange.set_handler(*call);
}

bool RestService::is_probe(const http::RequestHead& head) const {
  return head.path == "/healthz" || head.path == "/readyz";
}

bool RestService::answer_page(server::Exchange& exchange) {
  const http::RequestHead& head = exchange.request();
  const Page* page = find_page(head.path);
  if (page == nullptr && !is_probe(head)) return false;
  if (!is_read(head.method)) {
    send(exchange, method_not_allowed("GET, HEAD"));
  } else if (page != nullptr) {
    send_page(exchange, *page);
  } else {
    send(exchange, answer_own_path(head.path));
  }
  return true;
}

HttpReply RestService::answer_own_path(std::string_view path) const {
  if (path == "/metrics") {
    return {200, std::string(metrics::kTextContentType),
            metrics::prometheus_text() + extra_metrics_()};
  }
  if (path == "/healthz") return text_reply(200, "ok");
  const ReadinessReport readiness = report(readiness_());
  return {readiness.ready ? 200 : 503, kPlainText, readiness.text};
}

std::optional<RestService::AuthorizedCall> RestService::authorize(server::Exchange& exchange) {
  absl::StatusOr<access::Principal> caller = access_.check_http(identity_of(exchange));
  if (!caller.ok()) {
    if (refusals_.allow(exchange.loop().now())) {
      log::write_later(log::Level::Warning, "API call refused",
                       {{"peer", exchange.connection().peer.text()},
                        {"path", exchange.request().path},
                        {"reason", caller.status()},
                        {"unlogged_before", refusals_.take_suppressed()}});
    }
    send(exchange, error_reply(caller.status()));
    return std::nullopt;
  }
  AuthorizedCall call{.caller = *std::move(caller), .lookup = {}, .precondition = {}};
  if (answer_at_once(exchange, call)) return std::nullopt;
  return call;
}

bool RestService::answer_at_once(server::Exchange& exchange, AuthorizedCall& call) {
  const http::RequestHead& head = exchange.request();
  if (head.path == "/metrics") {
    send(exchange,
         is_read(head.method) ? answer_own_path(head.path) : method_not_allowed("GET, HEAD"));
    return true;
  }
  const std::string_view method = head.method == Method::Head ? "GET" : head.method_text;
  call.lookup = find_call(gateway_.rules(), method, head.path);
  if (call.lookup.rule == nullptr) {
    send(exchange, no_such_call(call.lookup, head));
    return true;
  }
  if (const std::string_view coding = unsupported_coding(head.headers); !coding.empty()) {
    send(exchange, coding_not_supported(coding));
    return true;
  }
  if (head.framing.kind == http::BodyFraming::Kind::ContentLength &&
      head.framing.length > kMaxBody) {
    send(exchange, body_too_large());
    return true;
  }
  auto precondition = transcoding::parse_precondition(joined(head.headers, "If-Match"),
                                                      joined(head.headers, "If-None-Match"));
  if (!precondition.ok()) {
    send(exchange, error_reply(precondition.status()));
    return true;
  }
  call.precondition = *std::move(precondition);
  return false;
}

}  // namespace mex::api
