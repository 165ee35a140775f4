#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// An nginx instance as the operator asks for it, and as it is stored. Plain values. What is added
// before it can run (addresses, identities, users) is in render/resolved_instance.h.
namespace mex::nginx {

enum class Protocol : std::uint8_t { Http, Tcp, Udp };

// The port of an origin that names none; 0: it must name one.
constexpr std::uint16_t default_port(Protocol protocol) {
  return protocol == Protocol::Http ? 80 : 0;
}

// Where a port leads.
struct Origin {
  std::string host;  // "10.1.2.3", "fd00::7" (no brackets) or a DNS name
  std::uint16_t port = 0;
  unsigned weight = 1;

  std::string text() const;  // "10.1.2.3:80", "[fd00::7]:80"

  bool operator==(const Origin&) const = default;
};

// How the agent checks whether an origin is healthy, beside what nginx notices in passing.
struct HealthCheck {
  std::string path = {};  // answers GET; empty: a TCP connection is enough
  unsigned status = 0;    // of that answer; 0: any 2xx or 3xx
  std::chrono::seconds interval{5};
  std::chrono::seconds timeout{2};
  unsigned rise = 2;  // successes in a row that put it back
  unsigned fall = 3;  // failures in a row that take it out

  auto operator<=>(const HealthCheck&) const = default;
};

// What one client may take of a port, so that none keeps the others out. A client is an IPv4
// address, or the 64 bits of an IPv6 address that a network is given as a whole.
struct ClientLimits {
  unsigned connections = 1024;          // Http: requests under way; Tcp, Udp: sessions
  unsigned requests_per_second = 1000;  // Http
  unsigned burst = 2000;                // Http: of those that come faster than that

  bool operator==(const ClientLimits&) const = default;
};

// One entry of an instance. Several may share an external port: HTTP by path, TCP by the server
// name that a client's TLS asks for. They must agree in everything that belongs to the port as
// such.
struct Port {
  std::string name;  // free text for people
  Protocol protocol = Protocol::Tcp;
  std::uint16_t external = 0;
  std::vector<Origin> origins;
  std::string path = "/";             // Http: requests below it, passed on unchanged
  std::optional<HealthCheck> health;  // of its origins; Http and Tcp
  std::string server_name;  // Tcp: only connections that ask for it, "*." for one level; TLS stays
                            // closed, it ends at the origin

  // Of the external port as such.
  bool tls = false;                  // ended here, with the agent's certificate
  std::string client_authorities;    // PEM; not empty: clients need a certificate of one
  std::vector<std::string> allowed;  // addresses and blocks; empty: every client
  bool accept_proxy_protocol = false;
  bool send_proxy_protocol = false;           // Tcp
  std::optional<ClientLimits> client_limits;  // default_client_limits() if not given
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds idle_timeout{60};

  bool operator==(const Port&) const = default;
};

enum class Kind : std::uint8_t {
  Ports,            // what its ports say
  KubernetesProxy,  // TLS and basic authentication in front of a Kubernetes API
};

// A cluster that the agent made.
struct ClusterName {
  std::string tenant;
  std::string name;  // empty: none

  bool operator==(const ClusterName&) const = default;
};

// What users of a cluster's API may do with it.
enum class ApiAccess : std::uint8_t {
  Read,         // look at everything but secrets; not into pods
  ReadSecrets,  // at secrets, too
  Everything,   // what the agent itself may do
};

// Clients of an instance at once, unless something else is said. Each costs nginx some 900 bytes
// before it is there.
inline constexpr unsigned kDefaultMaxConnections = 4096;

struct Instance {
  Kind kind = Kind::Ports;
  std::string name;
  std::string network;  // a container network; empty: the host's
  std::vector<Port> ports;
  // KubernetesProxy: where it leads; its port has no origins then. Without one it leads to what
  // `kubectl proxy` serves, as its port says, and `access` is of no meaning.
  ClusterName cluster;
  ApiAccess access = ApiAccess::Read;
  unsigned max_connections = kDefaultMaxConnections;

  bool leads_to_cluster() const { return !cluster.name.empty(); }

  bool operator==(const Instance&) const = default;
};

// "test1-nginx-lbproxy", "test1-nginx-kcproxy": unique among all instances, a file name, a
// container name.
std::string full_name(Kind kind, std::string_view name);

// A Kind::KubernetesProxy that leads to `cluster`; without a name to what `kubectl proxy` serves at
// the port before, which the original took for granted.
Instance kubernetes_proxy(std::string name, std::uint16_t external, ClusterName cluster,
                          ApiAccess access);

// A password costs a worker some milliseconds of one processor for each request, right or wrong.
ClientLimits default_client_limits(Kind kind);
ClientLimits client_limits_of(const Instance& instance, const Port& port);

// TCP sessions may be idle for long; a UDP session has no end that nginx could see.
std::chrono::seconds default_idle_timeout(Protocol protocol);

bool is_udp(const Port& port);
// True if both are about the same port of the machine.
bool share_port(const Port& a, const Port& b);

}  // namespace mex::nginx
