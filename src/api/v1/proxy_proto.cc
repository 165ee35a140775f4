#include "api/v1/proxy_proto.h"

#include <fmt/format.h>

#include <cstdint>

#include "api/v1/origin_proto.h"
#include "api/v1/record_proto.h"
#include "api/v1/timestamp.h"
#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;
using proxy::route::HeaderChangeSpec;
using proxy::route::HeaderValue;
using proxy::route::OriginProtocol;
using proxy::route::Outcome;

v1::ProxyCounters to_counters(const routing::ProxyRouteCounters& counters) {
  v1::ProxyCounters shown;
  shown.set_requests(counters.requests);
  shown.set_responses_1xx(counters.status_classes[0]);
  shown.set_responses_2xx(counters.status_classes[1]);
  shown.set_responses_3xx(counters.status_classes[2]);
  shown.set_responses_4xx(counters.status_classes[3]);
  shown.set_responses_5xx(counters.status_classes[4]);
  shown.set_request_bytes(counters.request_bytes);
  shown.set_response_bytes(counters.response_bytes);
  shown.set_origin_errors(counters.origin_errors);
  shown.set_total_latency_microseconds(static_cast<std::uint64_t>(counters.total_latency.count()));
  return shown;
}

void set_action(const proxy::route::ActionSpec& action, v1::ProxyRoute& shown) {
  if (action.redirect) {
    shown.mutable_redirect()->set_status(action.redirect->status);
    shown.mutable_redirect()->set_location(action.redirect->location);
  }
  if (action.answer) {
    shown.mutable_answer()->set_status(action.answer->status);
    shown.mutable_answer()->set_body(action.answer->body);
    shown.mutable_answer()->set_content_type(action.answer->content_type);
  }
  if (action.guards != proxy::route::GuardSpec()) {
    write_message(action.guards, *shown.mutable_guards());
  }
  const HeaderChangeSpec none;
  if (action.request_headers != none) {
    write_message(action.request_headers, *shown.mutable_request_headers());
  }
  if (action.response_headers != none) {
    write_message(action.response_headers, *shown.mutable_response_headers());
  }
}

absl::Status read_action(const v1::ProxyRoute& route, std::string_view path,
                         proxy::route::ActionSpec& action) {
  if (route.has_redirect()) {
    action.redirect.emplace().location = route.redirect().location();
    if (route.redirect().status() != 0) action.redirect->status = route.redirect().status();
  }
  if (route.has_answer()) {
    const v1::ProxyAnswer& answer = route.answer();
    action.answer = {.body = answer.body(), .content_type = answer.content_type()};
    if (answer.status() != 0) action.answer->status = answer.status();
  }
  if (route.has_mirror()) {
    action.mirror = {.origin = route.mirror().origin()};
    if (route.mirror().percent() != 0) action.mirror->percent = route.mirror().percent();
  }
  action.path_rewrite = route.path_rewrite();
  MEX_RETURN_IF_ERROR(read_message(route.guards(), action.guards, fmt::format("{}.guards", path)));
  MEX_RETURN_IF_ERROR(read_message(route.request_headers(), action.request_headers,
                                   fmt::format("{}.request_headers", path)));
  return read_message(route.response_headers(), action.response_headers,
                      fmt::format("{}.response_headers", path));
}

void set_mirror(const routing::ProxyRouteView& view, v1::ProxyRoute& shown) {
  const std::optional<proxy::route::MirrorSpec>& mirror = view.route.action.mirror;
  if (!mirror) return;
  shown.mutable_mirror()->set_origin(mirror->origin);
  shown.mutable_mirror()->set_percent(mirror->percent);
  shown.mutable_mirror()->set_requests(view.mirror.requests);
  shown.mutable_mirror()->set_failures(view.mirror.failures);
  shown.mutable_mirror()->set_dropped(view.mirror.dropped);
}

v1::ProxyRoute::PathType to_proto(routing::PathType type) {
  switch (type) {
    case routing::PathType::Exact:
      return v1::ProxyRoute::EXACT;
    case routing::PathType::Regex:
      return v1::ProxyRoute::REGEX;
    case routing::PathType::Pattern:
      break;
  }
  return v1::ProxyRoute::PATH_TYPE_UNSPECIFIED;
}

absl::StatusOr<routing::PathType> path_type_of(const v1::ProxyRoute& route, std::string_view path) {
  switch (route.path_type()) {
    case v1::ProxyRoute::PATH_TYPE_UNSPECIFIED:
      return routing::PathType::Pattern;
    case v1::ProxyRoute::EXACT:
      return routing::PathType::Exact;
    case v1::ProxyRoute::REGEX:
      return routing::PathType::Regex;
    default:
      return base::field_error(fmt::format("{}.path_type", path),
                               "must be EXACT, REGEX or left out");
  }
}

v1::ProxyRoute::OriginProtocol to_proto(OriginProtocol protocol) {
  switch (protocol) {
    case OriginProtocol::Http2:
      return v1::ProxyRoute::HTTP2;
    case OriginProtocol::Auto:
      return v1::ProxyRoute::AUTO;
    case OriginProtocol::Http1:
      break;
  }
  return v1::ProxyRoute::ORIGIN_PROTOCOL_UNSPECIFIED;
}

absl::StatusOr<OriginProtocol> origin_protocol_of(const v1::ProxyRoute& route,
                                                  std::string_view path) {
  switch (route.origin_protocol()) {
    case v1::ProxyRoute::ORIGIN_PROTOCOL_UNSPECIFIED:
    case v1::ProxyRoute::HTTP1:
      return OriginProtocol::Http1;
    case v1::ProxyRoute::HTTP2:
      return OriginProtocol::Http2;
    case v1::ProxyRoute::AUTO:
      return OriginProtocol::Auto;
    default:
      return base::field_error(fmt::format("{}.origin_protocol", path),
                               "must be HTTP1, HTTP2, AUTO or left out");
  }
}

v1::ResolveProxyResponse::Outcome to_proto(Outcome outcome) {
  switch (outcome) {
    case Outcome::Unserved:
      return v1::ResolveProxyResponse::UNSERVED;
    case Outcome::Origin:
      return v1::ResolveProxyResponse::ORIGIN;
    case Outcome::Redirect:
      return v1::ResolveProxyResponse::REDIRECT;
    case Outcome::Answer:
      return v1::ResolveProxyResponse::ANSWER;
  }
  return v1::ResolveProxyResponse::OUTCOME_UNSPECIFIED;
}

}  // namespace

v1::ProxyRoute to_proto(const routing::ProxyRouteView& view) {
  v1::ProxyRoute shown;
  shown.set_name(view.name);
  shown.set_path(view.path);
  shown.set_origin(view.origin);
  *shown.mutable_changed_at() = timestamp(view.changed_at);
  *shown.mutable_counters() = to_counters(view.counters);
  shown.set_host(view.route.host);
  shown.set_path_type(to_proto(view.route.path_type));
  write_message(view.route.conditions, shown);
  set_action(view.route.action, shown);
  set_mirror(view, shown);
  shown.set_path_rewrite(view.route.action.path_rewrite);
  shown.set_origin_protocol(to_proto(view.route.action.origin_protocol));
  set_origins(view, shown);
  shown.set_etag(view.etag);
  return shown;
}

absl::StatusOr<routing::ProxyRoute> from_proto(const v1::ProxyRoute& route, std::string_view path) {
  routing::ProxyRoute made{route.name(), route.path(), route.origin()};
  made.host = route.host();
  MEX_ASSIGN_OR_RETURN(made.path_type, path_type_of(route, path));
  MEX_RETURN_IF_ERROR(read_message(route, made.conditions, path));
  MEX_RETURN_IF_ERROR(read_action(route, path, made.action));
  MEX_ASSIGN_OR_RETURN(made.action.origin_protocol, origin_protocol_of(route, path));
  MEX_RETURN_IF_ERROR(read_origins(route, path, made.origin_set));
  return made;
}

v1::ResolveProxyResponse to_proto(const routing::Resolution& resolution) {
  v1::ResolveProxyResponse shown;
  shown.set_outcome(to_proto(resolution.destination.outcome));
  shown.set_status(resolution.destination.status);
  shown.set_url(resolution.destination.url);
  if (resolution.route) *shown.mutable_proxy() = to_proto(*resolution.route);
  for (const routing::PassedOverRoute& each : resolution.passed_over) {
    v1::PassedOverProxy& passed_over = *shown.add_passed_over();
    passed_over.set_name(each.route.name);
    passed_over.set_path(each.route.path);
    passed_over.set_host(each.route.route.host);
    passed_over.set_reason(each.reason);
  }
  shown.set_truncated(!resolution.is_complete);
  return shown;
}

proxy::route::ImaginedRequestSpec from_proto(const v1::ResolveProxyRequest& request) {
  proxy::route::ImaginedRequestSpec spec{.method = request.method(),
                                         .url = request.url(),
                                         .headers = {},
                                         .is_trusted = request.trusted()};
  for (const v1::ProxyHeader& header : request.headers()) {
    spec.headers.emplace_back(header.name(), header.value());
  }
  return spec;
}

}  // namespace mex::api
