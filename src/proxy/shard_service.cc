#include "proxy/shard_service.h"

#include <optional>
#include <span>
#include <utility>

#include "base/check.h"
#include "http/uri.h"
#include "proxy/client_address.h"
#include "proxy/guarded_request.h"
#include "proxy/local_answer.h"
#include "proxy/proxy_metrics.h"
#include "proxy/route/missing_slash.h"
#include "proxy/upstream/origin_request.h"
#include "server/refusal.h"

namespace mex::proxy {
namespace {

void redirect_to_slash(server::Exchange& exchange, std::string_view path) {
  const http::RequestHead& request = exchange.request();
  const std::string location = route::with_missing_slash(path, request.has_query, request.query);
  const server::HeaderView header{http::to_string(http::KnownHeader::Location), location};
  server::respond(exchange, route::missing_slash_status(request.method), {&header, 1}, "");
}

}  // namespace

ShardService::ShardService(const ProxyContext& context, std::size_t shard_index,
                           net::EventLoop& loop, net::BufferPool& buffers)
    : context_(context),
      shard_index_(shard_index),
      loop_(loop),
      logs_(context.access_log, shard_index, context.options.access_log_query),
      upstreams_(loop, buffers, context.options, context.policy),
      queue_(loop, upstreams_.busy(), context.options.max_origin_connections),
      mirrors_(context, shard_index, loop, upstreams_),
      passthrough_(loop, buffers, context.options, context.policy, logs_),
      exchanges_(loop),
      tunnels_(loop, context.options.removed_tunnel_grace) {
  epochs_.push_back(std::make_unique<Epoch>());
  epochs_.back()->snapshot = std::make_shared<const route::Snapshot>();
}

ShardService::~ShardService() { MEX_CHECK(exchanges() == 0, "exchanges outlive their service"); }

void ShardService::on_request(server::Exchange& exchange) {
  Answered answered;
  serve(exchange, answered);
  if (!answered.is_proxied) {
    logs_.note_answered(exchange, answered.route, answered.error, loop_.wall_now());
  }
}

void ShardService::serve(server::Exchange& exchange, Answered& answered) {
  const http::RequestHead& request = exchange.request();
  const http::PathFault fault = path_.read(request.path);
  if (fault != http::PathFault::None) {
    server::refuse(exchange, 400, http::to_string(fault));
    return;
  }
  // Over HTTP/2 a client may ask for another host on a connection that it has, if the certificate
  // is good for both (RFC 9113 section 9.1.1); this one is reached by its own TLS only.
  if (exchange.connection().protocol == server::HttpProtocol::Http2 &&
      passthrough_.serves(request.host.host)) {
    server::refuse(exchange, 421, "this host is reached on its own connections");
    return;
  }
  const route::Match match = epochs_.back()->snapshot->routes.match(
      {.path = path_.routed(),
       .host = request.host.host,
       .method = request.method_text,
       .query = request.query,
       .headers = &request.headers,
       .is_trusted = context_.trusts(exchange.connection().peer),
       .shard = shard_index_});
  answered.route = match.route;
  if (match.route == nullptr) {
    answered.error = "no_route";
    return server::refuse(exchange, 404, "404 page not found");
  }
  serve(exchange, match, answered);
}

void ShardService::serve(server::Exchange& exchange, const route::Match& match,
                         Answered& answered) {
  guard::Guards::Ticket ticket;
  if (const guard::Guards* const guards = match.route->guards().get()) {
    const net::Address client = client_address(exchange, context_);
    answered.error = pass_guards(exchange, *guards, client, loop_.now(), ticket);
    if (!answered.error.empty()) return;
  }
  if (match.redirect_to_slash) {
    redirect_to_slash(exchange, path_.routed());
  } else if (!match.route->action().leads_to_origin()) {
    answer_locally(exchange, *match.route, path_.routed(), passed_headers_,
                   match.route->counters().slab(shard_index_));
  } else if (upstream::has_passed(exchange.request(), context_.agent_token)) {
    answered.error = "loop";
    server::refuse(exchange, 508, "the route leads back to this agent");
  } else {
    answered.is_proxied = proxy(exchange, *match.route, std::move(ticket));
  }
}

bool ShardService::proxy(server::Exchange& exchange, const route::Route& route,
                         guard::Guards::Ticket ticket) {
  const http::RequestHead& request = exchange.request();
  const std::string& rewrite = route.action().path_rewrite();
  const std::optional<std::string_view> path =
      rewrite.empty() ? path_.passed_on()
                      : path_.rewritten(route.pattern().regex(), rewrite, shard_index_);
  if (!path) {
    server::refuse(exchange, 400, "the path cannot be rewritten for the origin");
    return false;
  }
  Epoch& epoch = *epochs_.back();
  ++epoch.users;
  exchanges_.take(*this).start(exchange, route, {*path, request.query, request.has_query}, epoch,
                               std::move(ticket));
  return true;
}

void ShardService::on_refused(const server::RefusedRequest& request) {
  logs_.note_refused(request, loop_.wall_now());
}

void ShardService::use(route::SnapshotPtr snapshot) {
  tunnels_.use(snapshot);
  auto next = std::make_unique<Epoch>();
  next->snapshot = std::move(snapshot);
  std::unique_ptr<Epoch> previous = std::exchange(epochs_.back(), std::move(next));
  if (previous->users > 0) epochs_.insert(epochs_.end() - 1, std::move(previous));
}

void ShardService::release(Epoch& epoch) {
  --epoch.users;
  if (epoch.users > 0 || &epoch == epochs_.back().get()) return;
  std::erase_if(epochs_, [&epoch](const auto& each) { return each.get() == &epoch; });
}

bool ShardService::send_request(const server::Exchange& client, const route::Route& route,
                                const route::RequestTarget& target,
                                const upstream::OriginLimits& limits, ExchangeNotes& notes,
                                upstream::OriginStream& origin) {
  const server::ConnectionInfo& connection = client.connection();
  AddressSpace address_space;
  TraceStateSpace trace_space;
  const bool names_requests = context_.options.names_requests;
  return origin.send_head({.client = client.request(),
                           .route = route,
                           .target = target,
                           .client_ip = ip_text(connection.peer, address_space),
                           .local_port = connection.local.port(),
                           .client_tls = connection.tls,
                           .client_trusted = context_.trusts(connection.peer),
                           .client_identity = connection.client,
                           .agent_token = context_.agent_token,
                           .limits = limits,
                           .request_id = names_requests ? notes.request_id(client) : "",
                           .trace = notes.trace_lines(client, names_requests, trace_space)});
}

std::shared_ptr<const route::Route> ShardService::keep_route(const Epoch& epoch,
                                                             const route::Route& route) {
  return epoch.snapshot->routes.find(route.rule());
}

}  // namespace mex::proxy
