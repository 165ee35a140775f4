#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/dns_options.h"
#include "base/log.h"
#include "certificates/acme_options.h"
#include "net/address.h"
#include "net/address_range.h"
#include "tls/profile.h"

namespace mex::agent {

// The command line as it was typed.
struct Flags {
  std::string cert = "/var/www/.cache";
  bool debug = false;
  std::string grpc = ":18888";
  std::string rest = ":18889";
  std::string proxy = ":443";
  std::string fqdn;
  std::string http;
  std::string acme_email;
  std::string acme_server = "letsencrypt";
  std::string acme_names;
  std::string acme_challenge;
  std::string acme_resolvers;
  std::string acme_ca;
  std::string lego = "lego";
  std::string dns;
  std::string dns_server;
  std::string dns_key;
  std::string dns_token;
  std::string dns_names = "wildcard";
  std::string dns_ttl = "120s";
  std::string dns_interval = "5m";
  bool dns_proxied = false;
  std::string public_address;
  std::string metadata_url = "http://169.254.169.254";
  std::string state_dir;  // empty: MEX_STATE_DIR, then /var/lib/mexosagent
  std::string shards = "0";
  std::string client_connections = "0";
  std::string proxy_protocol;
  std::string trusted_peers;
  std::string access_log;
  bool access_log_query = false;
  bool request_ids = false;
  std::string pace = "1";
  std::string audit_interval = "10m";
  std::string log_format = "text";
  std::string auth = "token";
  std::string api_tls;
  std::string tls_profile = "intermediate";
  std::string nginx_runtime = "auto";
  std::string nginx_image = "nginx";
  std::string nginx_htpasswd;
  std::string launcher;
  bool trust_loopback = true;
  bool take_over = false;
  std::string takeover_drain = "1h";
  bool check_health = false;
  std::string backup;
  std::string restore;
};

// With which certificate the API's ports speak TLS.
enum class ApiTls : std::uint8_t { Off, Proxy, Directory };

enum class NginxRuntime : std::uint8_t {
  Auto,  // Docker where an engine answers, else Process
  Docker,
  Process,
};

// The same, understood and checked.
struct Options {
  std::string cert_dir;
  net::Address grpc;
  net::Address rest;
  std::optional<net::Address> proxy;  // nothing: the proxy is off
  // The machine's name in public DNS, lower case, no dot at its end; empty: API servers of clusters
  // have no names by which they could be passed through.
  std::string fqdn;
  // Plain HTTP: challenges of certificate authorities, and who else comes is sent to the proxy;
  // nothing: not served.
  std::optional<net::Address> http;
  // How the proxy's certificate is ordered; nothing: it is not. Without external account.
  std::optional<certificates::AcmeOptions> acme;
  // Who holds the zones; nothing: names are the operator's affair.
  std::optional<DnsOptions> dns;
  std::string state_dir;
  std::size_t shards = 1;              // data-plane threads
  std::size_t client_connections = 0;  // of one client at a listener; 0: a share of it
  // Load balancers before the proxy, which say who their client is.
  std::vector<net::AddressRange> proxy_protocol;
  // Proxies before this one, whose forwarding headers are believed.
  std::vector<net::AddressRange> trusted_peers;
  std::string access_log;  // of the proxy; empty: none
  bool access_log_query = false;
  bool request_ids = false;
  double pace = 1;  // of the cluster engine: times as fast as usual
  std::chrono::milliseconds audit_interval{std::chrono::minutes(10)};  // of clusters
  log::Format log_format = log::Format::Text;
  log::Level log_level = log::Level::Info;
  bool open_access = false;  // -auth=none
  ApiTls api_tls = ApiTls::Off;
  std::string api_cert_dir;                               // with ApiTls::Directory
  tls::Profile tls_profile = tls::Profile::Intermediate;  // of all ports that speak TLS
  NginxRuntime nginx_runtime = NginxRuntime::Auto;
  std::string nginx_image;                  // for containers
  std::vector<std::string> nginx_htpasswd;  // where it may be, the first that exists counts
  std::string launcher;                     // its socket; empty: there is none
  bool trust_loopback = true;
  bool take_over = false;  // from the agent that runs, if one does
  // For connections of clients that the next agent does not take over; then they are cut.
  std::chrono::milliseconds takeover_drain{std::chrono::hours(1)};
  // Instead of being an agent: ask the one that runs; write or read a backup file (empty: not).
  bool check_health = false;
  std::string backup;
  std::string restore;
};

// `state_dir_variable` is the value of MEX_STATE_DIR, empty without; `cores` the number of CPUs
// this process may use. InvalidArgument names the flag and what would be right.
absl::StatusOr<Options> check_flags(const Flags& flags, const std::string& state_dir_variable,
                                    std::size_t cores);

}  // namespace mex::agent
