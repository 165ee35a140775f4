#include "api/legacy/legacy_nginx_api.h"

#include <fmt/format.h>

#include <utility>

#include "base/json_text.h"
#include "base/status.h"
#include "nginx/model/grammar.h"

namespace mex::api {
namespace {

using nginx::Kind;
using nginx::Protocol;

absl::StatusOr<nginx::Port> to_port(const ::api::NginxPort& given, const std::string& field) {
  nginx::Port port;
  port.name = given.name();
  if (given.mexproto() == "LProtoHTTP") {
    port.protocol = Protocol::Http;
    port.tls = true;
    if (!given.path().empty()) port.path = given.path();
  } else if (given.mexproto() == "LProtoTCP" || given.mexproto() == "LProtoUDP") {
    port.protocol = given.mexproto() == "LProtoTCP" ? Protocol::Tcp : Protocol::Udp;
  } else {
    return base::field_error(field + ".mexproto",
                             fmt::format("invalid mexproto {}: LProtoHTTP, LProtoTCP or LProtoUDP",
                                         base::quoted(given.mexproto())));
  }
  port.idle_timeout = nginx::usual_idle_timeout(port.protocol);
  const auto external = nginx::parse_port_number(given.external());
  if (!external) {
    return base::field_error(
        field + ".external",
        fmt::format("must be a port number, 1 to 65535, not {}", base::quoted(given.external())));
  }
  port.external = *external;
  auto origin = nginx::parse_origin(given.origin(), default_port(port.protocol));
  if (!origin.ok()) return base::field_error(field + ".origin", base::message_of(origin.status()));
  port.origins.push_back(*std::move(origin));
  return port;
}

absl::Status unknown_verb(std::string_view verb) {
  return base::field_error(
      "message", fmt::format("invalid request {}: add, list or delete", base::quoted(verb)));
}

}  // namespace

absl::StatusOr<nginx::Instance> to_instance(const ::api::NginxRequest& request) {
  if (request.ports().empty()) return base::field_error("ports", "missing ports definitions");
  nginx::Instance instance;
  instance.name = request.name();
  if (request.network() != "host") instance.network = request.network();
  for (int i = 0; i < request.ports_size(); ++i) {
    MEX_ASSIGN_OR_RETURN(nginx::Port port, to_port(request.ports(i), fmt::format("ports[{}]", i)));
    instance.ports.push_back(std::move(port));
  }
  return instance;
}

// TLS and a password in front of a cluster's API or, without a cluster, of what `kubectl proxy`
// serves at the port below, as the original.
absl::StatusOr<nginx::Instance> to_instance(const ::api::NginxKCPRequest& request) {
  if (request.name().empty()) return base::field_error("name", "missing name");
  if (request.port().empty()) return base::field_error("port", "missing port");
  const auto external = nginx::parse_port_number(request.port());
  if (!external || *external < 2) {
    return base::field_error("port", fmt::format("must be a port number, 2 to 65535, not {}",
                                                 base::quoted(request.port())));
  }
  return nginx::kubernetes_proxy(request.name(), *external,
                                 {.tenant = request.tenant(), .name = request.cluster()},
                                 nginx::ApiAccess::Read);
}

std::string list_text(const std::vector<nginx::InstanceView>& instances) {
  std::string text;
  for (const auto& view : instances) {
    text += fmt::format("'{}' ", full_name(view.instance.kind, view.instance.name));
  }
  return "[" + text + "]";
}

absl::StatusOr<::api::NginxResponse> LegacyNginxApi::nginx(
    const access::Principal&, const ::api::NginxRequest& request) const {
  const std::string& verb = request.message();
  ::api::NginxResponse reply;
  if (verb == "list") {
    reply.set_message(verb);
    reply.set_status(list_text(instances_.list(Kind::Ports)));
    return reply;
  }
  if (verb == "add") {
    MEX_ASSIGN_OR_RETURN(const nginx::Instance instance, to_instance(request));
    MEX_RETURN_IF_ERROR(instances_.add(instance));
  } else if (verb == "delete") {
    MEX_RETURN_IF_ERROR(instances_.remove(Kind::Ports, request.name()));
  } else {
    return unknown_verb(verb);
  }
  reply.set_message("OK");  // without the verb and without a status, as the original
  return reply;
}

absl::StatusOr<::api::NginxKCPResponse> LegacyNginxApi::nginx_kcp(
    const access::Principal&, const ::api::NginxKCPRequest& request) const {
  const std::string& verb = request.message();
  ::api::NginxKCPResponse reply;
  if (verb == "list") {
    reply.set_message(verb);
    reply.set_status(list_text(instances_.list(Kind::KubernetesProxy)));
    return reply;
  }
  if (verb == "add") {
    MEX_ASSIGN_OR_RETURN(const nginx::Instance instance, to_instance(request));
    MEX_RETURN_IF_ERROR(instances_.add(instance));
  } else if (verb == "delete") {
    if (request.name().empty()) return base::field_error("name", "missing name");
    MEX_RETURN_IF_ERROR(instances_.remove(Kind::KubernetesProxy, request.name()));
  } else {
    return unknown_verb(verb);
  }
  reply.set_message("OK");
  return reply;
}

}  // namespace mex::api
