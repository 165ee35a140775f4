#include "certificates/lego_command.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/status.h"

namespace mex::certificates {
namespace {

// What lego's Go libraries read: proxies, roots of trust, and the resolver's choice.
constexpr std::array<std::string_view, 14> kPassedOn = {
    "PATH",          "HOME",         "LANG",       "TMPDIR",      "http_proxy",
    "https_proxy",   "no_proxy",     "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "GODEBUG",    "TZ"};

bool is_passed_on(std::string_view variable) {
  const std::string_view name = variable.substr(0, variable.find('='));
  return std::find(kPassedOn.begin(), kPassedOn.end(), name) != kPassedOn.end();
}

// What the agent was given for itself, and for no provider but that of the same service.
bool is_the_agents(std::string_view variable, const std::string& provider) {
  const std::string_view name = variable.substr(0, variable.find('='));
  if (name.starts_with("MEX_")) return true;
  if (name.starts_with("OS_")) return provider != "designate";
  constexpr std::array<std::string_view, 5> kCloudflare = {
      "CF_Token", "CF_API_TOKEN", "CLOUDFLARE_API_TOKEN", "CF_Key", "CF_Email"};
  return provider != "cloudflare" &&
         std::find(kCloudflare.begin(), kCloudflare.end(), name) != kCloudflare.end();
}

void add_challenge(const AcmeOptions& options, const ChallengeOptions& challenge,
                   base::ChildCommand& command) {
  std::vector<std::string>& arguments = command.arguments;
  switch (options.challenge) {
    case Challenge::Http01:
      arguments.insert(arguments.end(), {"--http", "--http.webroot", challenge.webroot});
      break;
    case Challenge::TlsAlpn01:
      arguments.insert(arguments.end(), {"--tls", "--tls.port", challenge.tls_address});
      break;
    case Challenge::Dns01: {
      const bool is_ours = options.lego_dns_provider.empty();
      arguments.insert(arguments.end(), {"--dns", is_ours ? "httpreq" : options.lego_dns_provider});
      for (const std::string& resolver : options.resolvers) {
        arguments.insert(arguments.end(), {"--dns.resolvers", resolver});
      }
      if (!options.resolvers.empty()) arguments.emplace_back("--dns.disable-cp");
      if (!is_ours) break;
      command.environment.push_back("HTTPREQ_ENDPOINT=" + challenge.dns_endpoint);
      command.environment.push_back(fmt::format("HTTPREQ_USERNAME={}", kDnsUser));
      command.environment.push_back("HTTPREQ_PASSWORD=" + challenge.dns_password.reveal());
      // A provider may take a moment to be asked; names may take minutes to be seen by all.
      command.environment.emplace_back("HTTPREQ_HTTP_TIMEOUT=60");
      command.environment.emplace_back("HTTPREQ_PROPAGATION_TIMEOUT=300");
      break;
    }
  }
}

void add_trust(const AcmeOptions& options, base::ChildCommand& command) {
  if (!options.ca_file.empty()) {
    command.environment.push_back("LEGO_CA_CERTIFICATES=" + options.ca_file);
  }
}

}  // namespace

base::ChildCommand lego_order(const AcmeOptions& options, const ChallengeOptions& challenge,
                              const std::vector<std::string>& environment) {
  base::ChildCommand command;
  for (const std::string& variable : environment) {
    const std::string& provider = options.lego_dns_provider;
    if (is_passed_on(variable) || (!provider.empty() && !is_the_agents(variable, provider))) {
      command.environment.push_back(variable);
    }
  }
  std::vector<std::string>& arguments = command.arguments;
  arguments = {options.lego, "--accept-tos", "--email", options.email,
               "--server",   options.server, "--path",  lego_directory(options),
               "--key-type", "ec256"};
  for (const std::string& name : options.names) {
    arguments.insert(arguments.end(), {"--domains", name});
  }
  // It asks for the option at each order, and for the key only when it registers an account.
  if (!options.external_account.empty()) arguments.emplace_back("--eab");
  add_challenge(options, challenge, command);
  add_trust(options, command);
  arguments.emplace_back("run");
  return command;
}

absl::Status check_lego_knows(const std::string& help, const base::ChildCommand& order) {
  for (const std::string& argument : order.arguments) {
    const bool is_option = argument.starts_with("--");
    if (!is_option) continue;
    const bool is_known = help.find(argument + " ") != std::string::npos ||
                          help.find(argument + ",") != std::string::npos;
    if (is_known) continue;
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{} is too old: it has no option {} (4.9 has)", order.arguments.front(),
                       argument);
  }
  return absl::OkStatus();
}

}  // namespace mex::certificates
