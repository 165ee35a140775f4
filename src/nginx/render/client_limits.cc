#include "nginx/render/client_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace mex::nginx {
namespace {

// A client with IPv6 has all addresses of a /64. Where a balancer tells the client's address by the
// PROXY protocol, it is text.
constexpr std::string_view kClientVariables = R"nginx(    map $binary_remote_addr $peer {
        default $binary_remote_addr;
        "~(?s)^(?<peer_network>.{8}).{8}$" $peer_network;
    }
    map $proxy_protocol_addr $client {
        default $proxy_protocol_addr;
        '' $peer;
        "~*^(?<client_network>(?:[0-9a-f]+:){4})" $client_network;
    }
)nginx";

// nginx keeps 64 to 128 bytes for a client that has connections, and refuses everybody when there
// is no room: there is room for as many clients as connections.
std::size_t zone_megabytes(std::size_t connections) {
  constexpr std::size_t kPerClient = 128;
  constexpr std::size_t kMegabyte = std::size_t{1} << 20U;
  return 1 + connections * kPerClient / kMegabyte;
}

}  // namespace

std::string http_limits_text(const Instance& instance, const std::vector<PortGroup>& groups,
                             std::size_t connections) {
  std::set<unsigned> rates;
  for (const PortGroup& group : groups) {
    if (group.port().protocol != Protocol::Http) continue;
    rates.insert(client_limits_of(instance, group.port()).requests_per_second);
  }
  std::string text = std::string(kClientVariables);
  text += fmt::format(
      "    map $proxy_protocol_addr $client_address {{\n"
      "        default $proxy_protocol_addr;\n"
      "        '' $remote_addr;\n"
      "    }}\n"
      "    limit_conn_zone $client:$server_port zone=http_clients:{}m;\n",
      zone_megabytes(connections));
  // A rate belongs to a zone. One that is full forgets who came least lately.
  for (const unsigned rate : rates) {
    text += fmt::format("    limit_req_zone $client:$server_port zone=requests_{}:1m rate={}r/s;\n",
                        rate, rate);
  }
  return text +
         "    limit_conn_status 429;\n"
         "    limit_conn_log_level warn;\n"
         "    limit_req_status 429;\n"
         "    limit_req_log_level warn;\n"
         // RFC 6585 section 4; clients of Kubernetes try again only where it is given.
         "    map $status:$upstream_status $retry_after {\n"
         "        default '';\n"
         "        429: 1;\n"
         "    }\n"
         "    add_header Retry-After $retry_after always;\n";
}

std::string stream_limits_text(std::size_t connections) {
  return std::string(kClientVariables) +
         fmt::format(
             "    limit_conn_zone $client:$server_port zone=stream_clients:{}m;\n"
             "    limit_conn_log_level warn;\n",
             zone_megabytes(connections));
}

std::string http_limit_text(const Instance& instance, const Port& port) {
  const ClientLimits limits = client_limits_of(instance, port);
  std::string text = fmt::format(
      "        limit_conn http_clients {};\n"
      "        limit_req zone=requests_{} burst={}",
      limits.connections, limits.requests_per_second, limits.burst);
  // Where each request costs a password, what comes too fast is also made to wait.
  if (instance.kind == Kind::KubernetesProxy) {
    return text + fmt::format(" delay={};\n", std::max(1U, limits.burst / 2));
  }
  return text + " nodelay;\n";
}

std::string stream_limit_text(const Instance& instance, const Port& port) {
  return fmt::format("        limit_conn stream_clients {};\n",
                     client_limits_of(instance, port).connections);
}

}  // namespace mex::nginx
