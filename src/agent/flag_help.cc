#include "agent/flag_help.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace mex::agent {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kIndent = 6;

const std::array kGroups{
    FlagGroup{
        "Where it listens",
        {"proxy", "rest", "grpc", "http", "client_connections", "proxy_protocol", "trusted_peers"}},
    FlagGroup{"What is told of requests", {"access_log", "access_log_query", "request_ids"}},
    FlagGroup{"Who may call the API", {"auth", "trust_loopback", "api_tls"}},
    FlagGroup{"What lasts", {"state_dir", "backup", "restore"}},
    FlagGroup{"Certificates of the proxy",
              {"cert", "tls_profile", "acme_email", "acme_names", "acme_challenge", "acme_server",
               "acme_ca", "acme_resolvers", "lego"}},
    FlagGroup{"Names in public DNS",
              {"fqdn", "dns", "dns_token", "dns_server", "dns_key", "dns_names", "public_address",
               "metadata_url", "dns_ttl", "dns_interval", "dns_proxied"}},
    FlagGroup{"Clusters", {"pace", "audit_interval"}},
    FlagGroup{"nginx instances", {"nginx_runtime", "nginx_image", "nginx_htpasswd"}},
    FlagGroup{"The process",
              {"shards", "launcher", "take_over", "takeover_drain", "debug", "log_format",
               "check_health"}},
};

void append_wrapped(std::string& out, std::string_view text) {
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (column > 0 && column + 1 + word.size() > kWidth) {
      out += '\n';
      column = 0;
    }
    out += column == 0 ? std::string(kIndent, ' ') : " ";
    out += word;
    column = (column == 0 ? kIndent : column + 1) + word.size();
  }
  out += '\n';
}

void append_flag(std::string& out, const FlagText& flag) {
  out += fmt::format("  -{}\n", flag.name);
  append_wrapped(out, flag.default_value.empty()
                          ? flag.help
                          : fmt::format("{} (default {})", flag.help, flag.default_value));
}

}  // namespace

std::span<const FlagGroup> flag_groups() { return kGroups; }

std::string help_text(std::span<const FlagText> flags) {
  std::string text =
      "mexosagent creates Kubernetes clusters on OpenStack and is the way in to them.\n\n"
      "  mexosagent [-flag value | -flag=value | -flag] …      one dash or two\n";
  std::set<std::string_view> shown;
  const auto append_group = [&](std::string_view title, auto&& is_of_group) {
    std::string group;
    for (const FlagText* flag : is_of_group) {
      if (shown.insert(flag->name).second) append_flag(group, *flag);
    }
    if (!group.empty()) text += fmt::format("\n{}\n{}", title, group);
  };
  for (const FlagGroup& group : kGroups) {
    std::vector<const FlagText*> members;
    for (const std::string_view name : group.flags) {
      const auto found = std::find_if(flags.begin(), flags.end(),
                                      [name](const FlagText& each) { return each.name == name; });
      if (found != flags.end()) members.push_back(&*found);
    }
    append_group(group.title, members);
  }
  std::vector<const FlagText*> others;
  for (const FlagText& flag : flags) others.push_back(&flag);
  append_group("Others", others);
  return text + "\n-help and -h print this, -version which one it is. Documentation: README.md.\n";
}

}  // namespace mex::agent
