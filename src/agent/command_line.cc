#include "agent/command_line.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/reflection.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "agent/version.h"
#include "base/nearest_word.h"

ABSL_FLAG(std::string, cert, mex::agent::Flags().cert,
          "directory with cert.pem and key.pem of the proxy");
ABSL_FLAG(bool, debug, mex::agent::Flags().debug, "log more");
ABSL_FLAG(std::string, grpc, mex::agent::Flags().grpc, "address of the gRPC API");
ABSL_FLAG(std::string, rest, mex::agent::Flags().rest, "address of the REST API");
ABSL_FLAG(std::string, proxy, mex::agent::Flags().proxy,
          "address of the reverse proxy (https); empty: no proxy");
ABSL_FLAG(
    std::string, fqdn, mex::agent::Flags().fqdn,
    "this machine's name in public DNS: the API server of each cluster is reached as "
    "<cluster>.<tenant>.<fqdn> at the proxy's port; empty: they are not reached from outside");
ABSL_FLAG(
    std::string, http, mex::agent::Flags().http,
    "address that sends plain HTTP to the proxy and answers http-01 challenges; empty: :80 if "
    "the challenge is http-01, else none");
ABSL_FLAG(std::string, acme_email, mex::agent::Flags().acme_email,
          "orders the proxy's certificate by ACME, with this address for the account; empty: it is "
          "what others put into -cert");
ABSL_FLAG(std::string, acme_server, mex::agent::Flags().acme_server,
          "letsencrypt, letsencrypt-staging (to try), or the URL of an authority's directory; its "
          "terms of service are agreed to");
ABSL_FLAG(
    std::string, acme_names, mex::agent::Flags().acme_names,
    "further names of the certificate beside -fqdn, with commas between; *.NAME needs dns-01");
ABSL_FLAG(
    std::string, acme_challenge, mex::agent::Flags().acme_challenge,
    "http-01, tls-alpn-01, dns-01 (by -dns), or dns-01/PROVIDER (one of lego's own, set up by "
    "the environment); empty: what fits the other flags");
ABSL_FLAG(
    std::string, acme_resolvers, mex::agent::Flags().acme_resolvers,
    "who is asked for names in dns-01, ADDRESS:PORT with commas between, for networks without "
    "the Internet; empty: as the system says");
ABSL_FLAG(std::string, acme_ca, mex::agent::Flags().acme_ca,
          "PEM file of who vouches for a private authority; empty: the system's");
ABSL_FLAG(std::string, lego, mex::agent::Flags().lego, "the program lego");
ABSL_FLAG(std::string, dns, mex::agent::Flags().dns,
          "who holds the zone of -fqdn: cloudflare (a token in $CF_Token or -dns_token, or $CF_Key "
          "with $CF_Email), or rfc2136; empty: the operator sees to the names");
ABSL_FLAG(std::string, dns_server, mex::agent::Flags().dns_server,
          "ADDRESS[:PORT] of the name server that takes updates (rfc2136)");
ABSL_FLAG(std::string, dns_key, mex::agent::Flags().dns_key,
          "file with the TSIG key for them (rfc2136)");
ABSL_FLAG(std::string, dns_token, mex::agent::Flags().dns_token,
          "file with the API token (cloudflare)");
ABSL_FLAG(std::string, dns_names, mex::agent::Flags().dns_names,
          "what leads to this machine in public DNS: wildcard (-fqdn and everything below it), "
          "clusters (-fqdn and each cluster's name), host (-fqdn), none");
ABSL_FLAG(std::string, dns_ttl, mex::agent::Flags().dns_ttl, "for how long others may keep them");
ABSL_FLAG(std::string, dns_interval, mex::agent::Flags().dns_interval,
          "how often they are compared with what they should be; an agent that does not for three "
          "times that is taken out by those it shares a name with");
ABSL_FLAG(std::string, audit_interval, mex::agent::Flags().audit_interval,
          "how often all clusters are compared with what the cloud holds of them");
ABSL_FLAG(bool, dns_proxied, mex::agent::Flags().dns_proxied,
          "visitors come by Cloudflare's own network");
ABSL_FLAG(std::string, public_address, mex::agent::Flags().public_address,
          "addresses by which this machine is reached, with commas between, or interface:NAME; "
          "empty: a public one of an interface, else the floating one that OpenStack knows");
ABSL_FLAG(std::string, metadata_url, mex::agent::Flags().metadata_url,
          "where OpenStack's metadata service tells this machine what it is");
ABSL_FLAG(std::string, state_dir, mex::agent::Flags().state_dir,
          "directory for all that must last; empty: $MEX_STATE_DIR, then /var/lib/mexosagent");
ABSL_FLAG(std::string, pace, mex::agent::Flags().pace,
          "how many times as fast as usual clusters are looked at, what is seen is believed, and "
          "what failed is tried again: 0.5 for a slow cloud");
ABSL_FLAG(std::string, shards, mex::agent::Flags().shards,
          "threads of the proxy; 0: one for each core");
ABSL_FLAG(std::string, client_connections, mex::agent::Flags().client_connections,
          "connections that one client (an IPv4 address, a /64 of IPv6) may have at a port; 0: "
          "half of what the port has");
ABSL_FLAG(std::string, proxy_protocol, mex::agent::Flags().proxy_protocol,
          "load balancers before -proxy and -http that begin each connection with a PROXY header "
          "(version 1 or 2): addresses or ranges like 10.0.0.0/24, with commas between");
ABSL_FLAG(std::string, trusted_peers, mex::agent::Flags().trusted_peers,
          "proxies before this one whose X-Forwarded-*, Forwarded and X-Real-IP are believed and "
          "added to, in the same form; those of all others are replaced");
ABSL_FLAG(std::string, access_log, mex::agent::Flags().access_log,
          "one JSON object for each request of -proxy: a file, which SIGHUP opens anew, a named "
          "pipe, or - for the standard output; empty: requests are not logged");
ABSL_FLAG(bool, access_log_query, mex::agent::Flags().access_log_query,
          "queries are logged, too, with the secrets that are in some of them");
ABSL_FLAG(bool, request_ids, mex::agent::Flags().request_ids,
          "origins see an X-Request-ID and a traceparent, also of requests that come without");
ABSL_FLAG(std::string, log_format, mex::agent::Flags().log_format, "text or json");
ABSL_FLAG(std::string, auth, mex::agent::Flags().auth,
          "token: callers that are not on this machine need a token of <state_dir>/api.token or "
          "api.tokens; "
          "none: everybody may call the API");
ABSL_FLAG(
    std::string, api_tls, mex::agent::Flags().api_tls,
    "TLS on the ports of -grpc and -rest: proxy (with the proxy's certificate), or a directory "
    "with a cert.pem and a key.pem for them; empty: they are plaintext");
ABSL_FLAG(std::string, tls_profile, mex::agent::Flags().tls_profile,
          "what all ports that speak TLS agree to, as Mozilla names it: intermediate (TLS 1.2 and "
          "1.3), or modern (1.3)");
ABSL_FLAG(std::string, nginx_runtime, mex::agent::Flags().nginx_runtime,
          "what runs nginx instances: docker (an engine that speaks Docker's API, at DOCKER_HOST), "
          "process (nginx of this machine), auto (docker where an engine answers)");
ABSL_FLAG(std::string, nginx_image, mex::agent::Flags().nginx_image,
          "image of nginx instances that are containers");
ABSL_FLAG(std::string, nginx_htpasswd, mex::agent::Flags().nginx_htpasswd,
          "file of users of /v1/nginx-kcp, as htpasswd writes it; empty: nginx.htpasswd in the "
          "working directory, then /home/ubuntu/nginx.htpasswd");
ABSL_FLAG(std::string, launcher, mex::agent::Flags().launcher,
          "socket of mexosagent-launcher, which starts nginx, lego and nsupdate as users of their "
          "own; empty: the agent starts them itself");
ABSL_FLAG(bool, trust_loopback, mex::agent::Flags().trust_loopback,
          "callers on this machine need no token");
ABSL_FLAG(bool, take_over, mex::agent::Flags().take_over,
          "take the place of the agent that runs with this -state_dir, if one does, without a "
          "connection that is refused or cut; see also SIGUSR2 in docs/operations.md");
ABSL_FLAG(std::string, takeover_drain, mex::agent::Flags().takeover_drain,
          "how long connections of the proxy may go on in the agent whose place another has taken");
ABSL_FLAG(
    bool, check_health, mex::agent::Flags().check_health,
    "ask the agent that listens at -rest whether it is well, print what is wrong, end with 0 or 1");
ABSL_FLAG(std::string, backup, mex::agent::Flags().backup,
          "write everything that -state_dir and -cert hold of an agent, also of one that runs, to "
          "this new file, and end");
ABSL_FLAG(std::string, restore, mex::agent::Flags().restore,
          "put what such a file holds back into -cert and an empty -state_dir, and end");

namespace mex::agent {
namespace {

// By the name of this file, with or without its folders.
bool is_ours(absl::string_view file) {
  return std::string_view(file.data(), file.size()).ends_with("command_line.cc");
}

[[noreturn]] void refuse_flag(std::string_view name) {
  std::vector<std::string> known;
  for (const FlagText& flag : all_flags()) known.push_back(flag.name);
  const auto nearest = base::nearest_word(name, known);
  const std::string advice = nearest ? ", did you mean -" + *nearest + "?" : "";
  std::fprintf(stderr, "mexosagent: unknown flag \"%s\"%s; see -help\n", std::string(name).c_str(),
               advice.c_str());
  std::exit(1);
}

// absl answers to -help with the paths of the sources, does not know -h, and does not say what an
// unknown flag may have been.
void check_words(const std::vector<std::string_view>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == "--") return;
    if (!word.starts_with('-')) refuse_flag(word);
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (name == "version") return;
    // Also absl's -helpfull and the like.
    if (name == "h" || name.starts_with("help")) {
      std::fputs(help_text(all_flags()).c_str(), stdout);
      std::exit(EXIT_SUCCESS);
    }
    const absl::CommandLineFlag* flag =
        absl::FindCommandLineFlag(absl::string_view(name.data(), name.size()));
    if (flag == nullptr && name.starts_with("no")) {
      // absl's form of -debug=false.
      flag = absl::FindCommandLineFlag(absl::string_view(name.data() + 2, name.size() - 2));
      if (flag != nullptr && !flag->IsOfType<bool>()) flag = nullptr;
    }
    if (flag == nullptr) refuse_flag(words[i].substr(0, words[i].find('=')));
    const bool has_value_behind = equals == std::string_view::npos && !flag->IsOfType<bool>();
    if (has_value_behind) ++i;
  }
}

void describe_program() {
  absl::SetProgramUsageMessage(
      "creates Kubernetes clusters on OpenStack and is the way in to them");
  absl::FlagsUsageConfig usage;
  usage.contains_helpshort_flags = is_ours;
  usage.contains_help_flags = is_ours;
  usage.normalize_filename = [](absl::string_view file) {
    return std::string(file.substr(file.rfind('/') + 1));
  };
  usage.version_string = [] { return "mexosagent " + std::string(version()) + "\n"; };
  absl::SetFlagsUsageConfig(usage);
}

}  // namespace

std::vector<FlagText> all_flags() {
  std::vector<FlagText> flags;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    if (!is_ours(flag->Filename())) continue;
    flags.push_back({.name = std::string(flag->Name()),
                     .help = flag->Help(),
                     .default_value = flag->DefaultValue()});
  }
  return flags;
}

Flags read_command_line(int argc, char** argv) {
  static std::once_flag once;
  std::call_once(once, describe_program);
  check_words({argv + std::min(argc, 1), argv + argc});
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) {
    std::fprintf(stderr, "mexosagent: unknown flag \"%s\"; see -help\n", rest[1]);
    std::exit(1);
  }
  Flags flags;
  flags.cert = absl::GetFlag(FLAGS_cert);
  flags.debug = absl::GetFlag(FLAGS_debug);
  flags.grpc = absl::GetFlag(FLAGS_grpc);
  flags.rest = absl::GetFlag(FLAGS_rest);
  flags.proxy = absl::GetFlag(FLAGS_proxy);
  flags.fqdn = absl::GetFlag(FLAGS_fqdn);
  flags.http = absl::GetFlag(FLAGS_http);
  flags.acme_email = absl::GetFlag(FLAGS_acme_email);
  flags.acme_server = absl::GetFlag(FLAGS_acme_server);
  flags.acme_names = absl::GetFlag(FLAGS_acme_names);
  flags.acme_challenge = absl::GetFlag(FLAGS_acme_challenge);
  flags.acme_resolvers = absl::GetFlag(FLAGS_acme_resolvers);
  flags.acme_ca = absl::GetFlag(FLAGS_acme_ca);
  flags.lego = absl::GetFlag(FLAGS_lego);
  flags.dns = absl::GetFlag(FLAGS_dns);
  flags.dns_server = absl::GetFlag(FLAGS_dns_server);
  flags.dns_key = absl::GetFlag(FLAGS_dns_key);
  flags.dns_token = absl::GetFlag(FLAGS_dns_token);
  flags.dns_names = absl::GetFlag(FLAGS_dns_names);
  flags.dns_ttl = absl::GetFlag(FLAGS_dns_ttl);
  flags.dns_interval = absl::GetFlag(FLAGS_dns_interval);
  flags.audit_interval = absl::GetFlag(FLAGS_audit_interval);
  flags.dns_proxied = absl::GetFlag(FLAGS_dns_proxied);
  flags.public_address = absl::GetFlag(FLAGS_public_address);
  flags.metadata_url = absl::GetFlag(FLAGS_metadata_url);
  flags.state_dir = absl::GetFlag(FLAGS_state_dir);
  flags.shards = absl::GetFlag(FLAGS_shards);
  flags.client_connections = absl::GetFlag(FLAGS_client_connections);
  flags.pace = absl::GetFlag(FLAGS_pace);
  flags.proxy_protocol = absl::GetFlag(FLAGS_proxy_protocol);
  flags.trusted_peers = absl::GetFlag(FLAGS_trusted_peers);
  flags.access_log = absl::GetFlag(FLAGS_access_log);
  flags.access_log_query = absl::GetFlag(FLAGS_access_log_query);
  flags.request_ids = absl::GetFlag(FLAGS_request_ids);
  flags.log_format = absl::GetFlag(FLAGS_log_format);
  flags.auth = absl::GetFlag(FLAGS_auth);
  flags.api_tls = absl::GetFlag(FLAGS_api_tls);
  flags.tls_profile = absl::GetFlag(FLAGS_tls_profile);
  flags.nginx_runtime = absl::GetFlag(FLAGS_nginx_runtime);
  flags.nginx_image = absl::GetFlag(FLAGS_nginx_image);
  flags.nginx_htpasswd = absl::GetFlag(FLAGS_nginx_htpasswd);
  flags.launcher = absl::GetFlag(FLAGS_launcher);
  flags.trust_loopback = absl::GetFlag(FLAGS_trust_loopback);
  flags.take_over = absl::GetFlag(FLAGS_take_over);
  flags.takeover_drain = absl::GetFlag(FLAGS_takeover_drain);
  flags.check_health = absl::GetFlag(FLAGS_check_health);
  flags.backup = absl::GetFlag(FLAGS_backup);
  flags.restore = absl::GetFlag(FLAGS_restore);
  return flags;
}

}  // namespace mex::agent
