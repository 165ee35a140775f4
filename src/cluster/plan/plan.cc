#include "cluster/plan/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace mex::cluster {
namespace {

template <typename... Options>
struct Overloaded : Options... {
  using Options::operator()...;
};
template <typename... Options>
Overloaded(Options...) -> Overloaded<Options...>;

// What the hash is made over.
std::string text_of(const openstack::NewSecurityGroupRule& rule) {
  const auto port = [](const std::optional<int>& number) { return number.value_or(-1); };
  return fmt::format("{} {} {} {} {} {} {}", static_cast<int>(rule.direction),
                     static_cast<int>(rule.ether_type), rule.protocol, port(rule.port_min),
                     port(rule.port_max), rule.remote_cidr, rule.remote_group_id);
}

std::string text_of(const openstack::NewPort& port) {
  std::string text = fmt::format("{} {} {} {}", port.network_id, port.name, port.description,
                                 fmt::join(port.tags, " "));
  for (const auto& fixed : port.fixed_addresses) {
    text += fmt::format(" {} {}", fixed.subnet_id, fixed.address);
  }
  for (const auto& allowed : port.allowed_addresses) text += " " + allowed;
  return text;
}

std::string text_of(const openstack::NewServer& server) {
  std::string text =
      fmt::format("{} {} {} {} {} {} {} {} {}", server.name, server.description, server.image_id,
                  server.flavor_id, server.config_drive, server.availability_zone, server.key_name,
                  fmt::join(server.tags, " "), server.user_data);
  if (server.root_volume) {
    text += fmt::format(" {} GiB {}", server.root_volume->size_gib, server.root_volume->type);
  }
  for (const auto& [key, value] : server.metadata) text += fmt::format(" {}={}", key, value);
  return text;
}

std::string text_of(const Action& action) {
  return std::visit(
      Overloaded{
          [](const CreateNetwork& a) {
            return fmt::format("{} {}", a.body.name, a.body.description);
          },
          [](const CreateSubnet& a) {
            return fmt::format("{} {} {} {} {}", a.body.name, a.body.description, a.body.cidr,
                               a.body.gateway_ip, fmt::join(a.body.dns_servers, " "));
          },
          [](const CreateRouter& a) {
            return fmt::format("{} {} {} {}", a.body.name, a.body.description,
                               a.body.external_network_id, a.body.snat);
          },
          [](const CreateSecurityGroup& a) {
            return fmt::format("{} {}", a.body.name, a.body.description);
          },
          [](const CreateRules& a) {
            std::string text;
            for (const auto& rule : a.bodies) text += text_of(rule) + ";";
            return text;
          },
          [](const CreatePorts& a) {
            std::string text;
            for (const auto& port : a.ports) text += text_of(port.body) + ";";
            return text;
          },
          [](const SetPortFilters& a) {
            return fmt::format("{} {}", fmt::join(a.slots, " "),
                               fmt::join(a.allowed_addresses, " "));
          },
          [](const AttachRouter& a) { return a.router_id; },
          [](const CreateServerGroup& a) {
            return fmt::format("{} {}", a.body.name, a.body.policy);
          },
          [](const CreateVolume& a) {
            return fmt::format("{} {} {} {} {} {}", a.body.name, a.body.description,
                               a.body.image_id, a.body.size_gib, a.body.type,
                               a.body.availability_zone);
          },
          [](const CreateServer& a) { return fmt::format("{} {}", text_of(a.body), a.group); },
          [](const TagResource& a) { return fmt::format("{}", fmt::join(a.tags, " ")); },
          [](const Remove& a) { return a.resource.id(); },
          [](const DetachRouter& a) { return fmt::format("{} {}", a.router_id, a.subnet_id); },
          [](const ApplyManifest& a) { return a.source; },
          [](const DrainNode& a) { return a.node; },
          [](const UncordonNode& a) { return a.node; },
          [](const InstallRenewal& a) { return a.node; },
          [](const ForgetNode& a) { return a.node; },
          [](const AwaitGone& a) { return a.server_id; },
          [](const auto&) { return std::string(); },
      },
      action);
}

}  // namespace

PlannedStep plain_step(StepKey key, Action action) {
  return {.key = std::move(key),
          .action = std::move(action),
          .after = {},
          .is_done = false,
          .check_existing = false,
          .resource_id = {}};
}

std::string hash_of(const Plan& plan) {
  // FNV-1a, 64 bits.
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) {
      hash ^= static_cast<unsigned char>(c);
      hash *= 0x100000001b3U;
    }
    hash ^= 0xffU;  // ends the text: "ab" "c" is not "a" "bc"
    hash *= 0x100000001b3U;
  };
  for (const PlannedStep& step : plan.steps) {
    mix(step.name());
    for (const StepKey& key : step.after) mix(to_string(key));
    mix(text_of(step.action));
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace mex::cluster
