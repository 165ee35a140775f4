#include "agent/options.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

#include "agent/acme_options.h"
#include "agent/flag_duration.h"
#include "agent/flag_error.h"
#include "agent/flag_list.h"
#include "base/dns_name.h"
#include "base/json_text.h"
#include "base/status.h"
#include "nginx/runtime/docker/image_reference.h"

namespace mex::agent {
namespace {

constexpr std::size_t kMaxShards = 256;
constexpr std::size_t kMaxClientConnections = 1'000'000;
constexpr double kMinPace = 0.1;
constexpr double kMaxPace = 20;
// A DNS name has 253 characters at most (RFC 1035 section 2.3.4), and "<cluster>.<tenant>." of 40
// characters each must fit before this one.
constexpr std::size_t kMaxFqdn = 253 - 2 * (40 + 1);
constexpr std::string_view kUsualStateDir = "/var/lib/mexosagent";

absl::StatusOr<net::Address> parse_listen_address(std::string_view flag, const std::string& text) {
  absl::StatusOr<net::Address> address = net::Address::parse(text);
  if (!address.ok()) return flag_error("-{}: {}", flag, base::message_of(address.status()));
  // The proxy must know the API's ports before it serves, to keep origins away from them.
  if (address->port() == 0) return flag_error("-{}: the port must not be 0", flag);
  return address;
}

absl::StatusOr<log::Format> parse_log_format(const std::string& text) {
  if (text == "text") return log::Format::Text;
  if (text == "json") return log::Format::Json;
  return flag_error("-log_format: must be text or json, not {}", base::quoted(text));
}

absl::StatusOr<NginxRuntime> parse_nginx_runtime(const std::string& text) {
  if (text == "auto") return NginxRuntime::Auto;
  if (text == "docker") return NginxRuntime::Docker;
  if (text == "process") return NginxRuntime::Process;
  return flag_error("-nginx_runtime: must be auto, docker or process, not {}", base::quoted(text));
}

// 0 stands for one for each core.
absl::StatusOr<std::size_t> parse_shards(const std::string& text, std::size_t cores) {
  std::size_t shards = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, shards);
  if (error != std::errc() || stop != end || shards > kMaxShards) {
    return flag_error(
        "-shards: must be a number from 0 (one for each core) to {}, "
        "not {}",
        kMaxShards, base::quoted(text));
  }
  return shards > 0 ? shards : cores;
}

absl::StatusOr<std::size_t> parse_client_connections(const std::string& text) {
  std::size_t connections = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, connections);
  if (error == std::errc() && stop == end && connections <= kMaxClientConnections)
    return connections;
  return flag_error(
      "-client_connections: must be a number from 0 (half of the port's) to {}, not {}",
      kMaxClientConnections, base::quoted(text));
}

absl::StatusOr<std::vector<net::AddressRange>> parse_peers(std::string_view flag,
                                                           const std::string& text) {
  std::vector<net::AddressRange> ranges;
  for (const std::string& each : list_of(text)) {
    const auto range = net::AddressRange::parse(each);
    if (!range.ok()) return flag_error("-{}: {}", flag, base::message_of(range.status()));
    ranges.push_back(*range);
  }
  return ranges;
}

absl::StatusOr<double> parse_pace(const std::string& text) {
  double pace = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, pace);
  // The comparison refuses what is no number, too.
  if (error == std::errc() && stop == end && pace >= kMinPace && pace <= kMaxPace) return pace;
  return flag_error("-pace: must be a number from {} to {}, not {}", kMinPace, kMaxPace,
                    base::quoted(text));
}

absl::StatusOr<std::string> parse_fqdn(std::string text) {
  if (text.empty()) return text;
  const std::string given = text;
  text = base::normal_dns_name(text);
  if (!base::is_dns_name(text)) {
    return flag_error("-fqdn: must be a DNS name like agent1.example.net, not {}",
                      base::quoted(given));
  }
  if (text.size() > kMaxFqdn) {
    return flag_error(
        "-fqdn: must have at most {} characters: names of clusters are "
        "put before it",
        kMaxFqdn);
  }
  return text;
}

absl::Status read_api_tls(const Flags& flags, Options& options) {
  if (flags.api_tls.empty()) return absl::OkStatus();
  if (flags.api_tls == "proxy") {
    options.api_tls = ApiTls::Proxy;
    if (options.proxy) return absl::OkStatus();
    return flag_error(
        "-api_tls: the proxy, whose certificate it would be, is off: give a directory with "
        "cert.pem and key.pem");
  }
  if (flags.api_tls.find('/') == std::string::npos) {
    return flag_error(
        "-api_tls: must be proxy (the proxy's certificate) or the path of a directory with "
        "cert.pem and key.pem, not {}",
        base::quoted(flags.api_tls));
  }
  options.api_tls = ApiTls::Directory;
  options.api_cert_dir = flags.api_tls;
  return absl::OkStatus();
}

std::string first_not_empty(const std::string& a, const std::string& b, std::string_view c) {
  if (!a.empty()) return a;
  return b.empty() ? std::string(c) : b;
}

}  // namespace

absl::StatusOr<Options> check_flags(const Flags& flags, const std::string& state_dir_variable,
                                    std::size_t cores) {
  Options options;
  options.cert_dir = flags.cert;
  MEX_ASSIGN_OR_RETURN(options.grpc, parse_listen_address("grpc", flags.grpc));
  MEX_ASSIGN_OR_RETURN(options.rest, parse_listen_address("rest", flags.rest));
  if (!flags.proxy.empty()) {
    MEX_ASSIGN_OR_RETURN(options.proxy, parse_listen_address("proxy", flags.proxy));
  }
  MEX_ASSIGN_OR_RETURN(options.fqdn, parse_fqdn(flags.fqdn));
  options.state_dir = first_not_empty(flags.state_dir, state_dir_variable, kUsualStateDir);
  MEX_ASSIGN_OR_RETURN(options.shards, parse_shards(flags.shards, cores));
  MEX_ASSIGN_OR_RETURN(options.client_connections,
                       parse_client_connections(flags.client_connections));
  MEX_ASSIGN_OR_RETURN(options.proxy_protocol, parse_peers("proxy_protocol", flags.proxy_protocol));
  MEX_ASSIGN_OR_RETURN(options.trusted_peers, parse_peers("trusted_peers", flags.trusted_peers));
  options.access_log = flags.access_log;
  options.access_log_query = flags.access_log_query;
  options.request_ids = flags.request_ids;
  MEX_ASSIGN_OR_RETURN(options.pace, parse_pace(flags.pace));
  MEX_ASSIGN_OR_RETURN(options.audit_interval,
                       duration_of("audit_interval", flags.audit_interval, std::chrono::seconds(2),
                                   std::chrono::hours(24)));
  MEX_ASSIGN_OR_RETURN(options.log_format, parse_log_format(flags.log_format));
  MEX_ASSIGN_OR_RETURN(options.nginx_runtime, parse_nginx_runtime(flags.nginx_runtime));
  options.nginx_image = flags.nginx_image;
  if (options.nginx_image.empty()) return flag_error("-nginx_image: must name an image");
  if (const auto image = nginx::parse_image_reference(options.nginx_image); !image.ok()) {
    return flag_error("-nginx_image: {}", base::message_of(image.status()));
  }
  // Without a word, where the original looked.
  options.nginx_htpasswd = {"nginx.htpasswd", "/home/ubuntu/nginx.htpasswd"};
  if (!flags.nginx_htpasswd.empty()) options.nginx_htpasswd = {flags.nginx_htpasswd};
  options.launcher = flags.launcher;
  if (!options.launcher.empty() && options.launcher.front() != '/') {
    return flag_error("-launcher: must be the path of a socket, not {}",
                      base::quoted(flags.launcher));
  }
  options.log_level = flags.debug ? log::Level::Debug : log::Level::Info;
  if (flags.auth != "token" && flags.auth != "none") {
    return flag_error("-auth: must be token or none, not {}", base::quoted(flags.auth));
  }
  options.open_access = flags.auth == "none";
  MEX_RETURN_IF_ERROR(read_api_tls(flags, options));
  const auto profile = tls::parse_profile(flags.tls_profile);
  if (!profile) {
    return flag_error("-tls_profile: must be intermediate or modern, not {}",
                      base::quoted(flags.tls_profile));
  }
  options.tls_profile = *profile;
  options.trust_loopback = flags.trust_loopback;
  options.take_over = flags.take_over;
  MEX_ASSIGN_OR_RETURN(options.takeover_drain,
                       duration_of("takeover_drain", flags.takeover_drain, std::chrono::seconds(0),
                                   std::chrono::hours(24 * 7)));
  options.check_health = flags.check_health;
  options.backup = flags.backup;
  options.restore = flags.restore;
  if (!options.backup.empty() && !options.restore.empty()) {
    return flag_error("-backup and -restore: give one of them");
  }
  if (!flags.http.empty()) {
    MEX_ASSIGN_OR_RETURN(options.http, parse_listen_address("http", flags.http));
    if (!options.proxy) return flag_error("-http: there is nothing to send to while -proxy is off");
  }
  MEX_ASSIGN_OR_RETURN(options.dns, check_dns_flags(flags, options.fqdn));
  MEX_RETURN_IF_ERROR(check_acme_flags(flags, options));
  return options;
}

}  // namespace mex::agent
