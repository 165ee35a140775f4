#include "agent/flag_effect.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace mex::agent {
namespace {

using TextFlag = std::pair<std::string_view, std::string Flags::*>;

class Report {
 public:
  explicit Report(const Flags& flags) : flags_(flags) {}

  void add(std::string_view flag, std::string_view why) {
    lines_.push_back(fmt::format("-{} has no effect {}", flag, why));
  }
  void add_given(std::initializer_list<TextFlag> texts, std::string_view why) {
    static const Flags kDefaults;
    for (const auto& [flag, member] : texts) {
      if (flags_.*member != kDefaults.*member) add(flag, why);
    }
  }
  std::vector<std::string> lines() && { return std::move(lines_); }

 private:
  const Flags& flags_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> flags_without_effect(const Flags& flags) {
  Report report(flags);
  if (flags.dns.empty()) {
    constexpr std::string_view kWhy = "without -dns";
    report.add_given({{"dns_server", &Flags::dns_server},
                      {"dns_key", &Flags::dns_key},
                      {"dns_token", &Flags::dns_token},
                      {"dns_names", &Flags::dns_names},
                      {"dns_ttl", &Flags::dns_ttl},
                      {"dns_interval", &Flags::dns_interval},
                      {"public_address", &Flags::public_address},
                      {"metadata_url", &Flags::metadata_url}},
                     kWhy);
    if (flags.dns_proxied) report.add("dns_proxied", kWhy);
  } else if (flags.fqdn.empty()) {
    report.add_given({{"dns_names", &Flags::dns_names},
                      {"dns_interval", &Flags::dns_interval},
                      {"public_address", &Flags::public_address},
                      {"metadata_url", &Flags::metadata_url}},
                     "without -fqdn");
  }
  if (flags.acme_email.empty()) {
    report.add_given({{"acme_server", &Flags::acme_server},
                      {"acme_names", &Flags::acme_names},
                      {"acme_challenge", &Flags::acme_challenge},
                      {"acme_resolvers", &Flags::acme_resolvers},
                      {"acme_ca", &Flags::acme_ca},
                      {"lego", &Flags::lego}},
                     "without -acme_email");
  }
  if (flags.proxy.empty()) {
    report.add_given({{"shards", &Flags::shards},
                      {"takeover_drain", &Flags::takeover_drain},
                      {"proxy_protocol", &Flags::proxy_protocol},
                      {"trusted_peers", &Flags::trusted_peers},
                      {"access_log", &Flags::access_log}},
                     "while -proxy is off");
    if (flags.request_ids) report.add("request_ids", "while -proxy is off");
  }
  if (flags.access_log.empty() && flags.access_log_query) {
    report.add("access_log_query", "without -access_log");
  }
  if (flags.nginx_runtime == "process") {
    report.add_given({{"nginx_image", &Flags::nginx_image}}, "with -nginx_runtime=process");
  }
  if (flags.auth == "none" && !flags.trust_loopback) {
    report.add("trust_loopback=false", "with -auth=none");
  }
  return std::move(report).lines();
}

}  // namespace mex::agent
