#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

// An nginx instance as the operator wants it. Plain values.
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
  // What the name stands for now; empty: it is left to nginx to look it up.
  std::vector<std::string> addresses;
  // Which of them, or whether the host itself, are known not to be in order now.
  std::vector<std::string> down = {};

  std::string text() const;  // "10.1.2.3:80", "[fd00::7]:80"
  // `addresses`, or the host itself where there are none.
  std::vector<std::string> hosts() const;

  bool operator==(const Origin&) const = default;
};

// How it is found out whether an origin is in order, beside what nginx notices in passing.
struct HealthCheck {
  std::string path = {};  // answers GET; empty: it is enough that a TCP connection comes about
  unsigned status = 0;    // of that answer; 0: any 2xx or 3xx
  std::chrono::seconds interval{5};
  std::chrono::seconds timeout{2};
  unsigned rise = 2;  // successes in a row that put it back
  unsigned fall = 3;  // failures in a row that take it out

  auto operator<=>(const HealthCheck&) const = default;
};

// One way in. Several may share an external port: HTTP by path, TCP by the server name that a
// client's TLS asks for. They must agree in everything that belongs to the port as such.
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
  std::string client_authorities;    // PEM; not empty: clients need a certificate of theirs
  std::vector<std::string> allowed;  // addresses and blocks; empty: everybody
  bool accept_proxy_protocol = false;
  bool send_proxy_protocol = false;  // Tcp
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds idle_timeout{60};

  bool operator==(const Port&) const = default;
};

// How the API of a cluster is called.
struct ClusterApi {
  std::vector<Origin> masters;
  std::string server_name;  // that their certificates are for, and requests name
  std::string authority;    // PEM: of their certificates
  std::string certificate;  // PEM: who calls
  base::Secret key;         // PEM

  bool operator==(const ClusterApi&) const;
};

// Who may come in where HTTP asks for a password.
struct User {
  std::string name;
  std::string password_hash;
  std::string file = {};  // that names it; empty: it was made by the API

  bool operator==(const User&) const = default;
};

enum class Kind : std::uint8_t {
  Ports,            // what its ports say
  KubernetesProxy,  // TLS and basic authentication in front of a Kubernetes API
};

// A cluster of the agent's own.
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

struct Instance {
  Kind kind = Kind::Ports;
  std::string name;
  std::string network;  // a container network; empty: the host's
  std::vector<Port> ports;
  // KubernetesProxy: where it leads; its port has no origins then. Without one it leads to what
  // `kubectl proxy` serves, as its port says, and `access` is of no meaning.
  ClusterName cluster;
  ApiAccess access = ApiAccess::Read;

  // KubernetesProxy: filled in when it is put in force, not kept with it.
  std::vector<User> users;
  ClusterApi api;

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

// Without anything said: as long as TCP sessions are idle, but UDP has no end that could be seen.
std::chrono::seconds usual_idle_timeout(Protocol protocol);

bool is_udp(const Port& port);
// True if both are about the same port of the machine.
bool share_port(const Port& a, const Port& b);

}  // namespace mex::nginx
