#include "cluster/health/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "cluster/plan/action.h"
#include "cluster/plan/restoration.h"
#include "cluster/plan/traffic_rules.h"

namespace mex::cluster {
namespace {

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::string text_of(const openstack::SecurityGroupRule& rule) {
  std::string text = rule.direction == openstack::Direction::Ingress ? "ingress" : "egress";
  text += " " + (rule.protocol.empty() ? std::string("of any protocol") : rule.protocol);
  if (rule.port_min) text += fmt::format(" {}", *rule.port_min);
  if (rule.port_max && rule.port_max != rule.port_min) text += fmt::format("-{}", *rule.port_max);
  if (!rule.remote_group_id.empty()) return text + " within the group";
  return text + " from " + rule.remote_cidr;
}

// Looks for what is not as the agent made it.
class Comparison {
 public:
  Comparison(const ClusterRecord& cluster, const Owner& owner, const ProjectInventory& seen)
      : cluster_(cluster), owner_(owner), seen_(seen) {}

  std::vector<Drift> run() {
    for (const auto& [key, id] : cluster_.resources) {
      // They have no tags, and what a server boots from Cinder does not let go.
      if (key.kind == ResourceKind::ServerGroup || key.kind == ResourceKind::Volume) continue;
      if (const auto settings = seen_.settings.find(id); settings != seen_.settings.end()) {
        compare_tags(key, settings->second);
        if (key.kind == ResourceKind::Port) compare_filters(key, settings->second.filters);
      } else if (const auto unlisted = seen_.unlisted.find(id); unlisted != seen_.unlisted.end()) {
        note_unlisted(key, unlisted->second);
      }
    }
    compare_rules();
    compare_interface();
    return std::move(drift_);
  }

 private:
  std::string name(const ResourceKey& key) const {
    return fmt::format("{} {}", to_string(key.kind),
                       resource_name(cluster_.spec.name, cluster_.id, key));
  }

  void add(const ResourceKey& key, const std::string& text,
           std::optional<Restoration> restoration = std::nullopt) {
    drift_.push_back({key, name(key) + text, restoration});
  }

  // The id in the journal, if that resource was seen with the mark on it.
  std::optional<std::string> seen_id(ResourceKind kind) const {
    const auto id = cluster_.resources.find({kind, {}});
    if (id == cluster_.resources.end() || seen_.settings.count(id->second) == 0) {
      return std::nullopt;
    }
    return id->second;
  }

  void note_unlisted(const ResourceKey& key, Unlisted state) {
    if (state == Unlisted::Unmarked) {
      // Taking the mark off may have been meant: it is not put back.
      add(key, ": the agent's mark (description, tags) is no longer on it, so it is left alone");
    } else if (key.kind != ResourceKind::Server) {  // the watch of servers reports those
      add(key, " is no longer there");
    }
  }

  void compare_tags(const ResourceKey& key, const ResourceSettings& settings) {
    std::string missing;
    for (const std::string& tag : tags_of(owner_, cluster_.spec.tenant, cluster_.spec.name, key)) {
      if (!contains(settings.tags, tag)) missing += (missing.empty() ? "" : ", ") + tag;
    }
    if (!missing.empty()) {
      add(key, fmt::format(": it has lost the tags {}", missing), Restoration::Tags);
    }
  }

  void compare_filters(const ResourceKey& key, const openstack::PortFilters& filters) {
    if (cluster_.spec.lacks_port_security) return;
    for (const std::string& address : allowed_addresses_of(cluster_.spec)) {
      if (contains(filters.allowed_addresses, address)) continue;
      add(key, fmt::format(": its address pair for pods, {}, is gone", address),
          Restoration::Ports);
    }
    const auto group = seen_id(ResourceKind::SecurityGroup);
    if (group && !contains(filters.security_group_ids, *group)) {
      add(key, ": it is not in the cluster's security group any more", Restoration::Ports);
    }
  }

  void compare_rules() {
    const auto group = seen_id(ResourceKind::SecurityGroup);
    if (!group) return;
    const auto found = seen_.rules.find(*group);
    for (const auto& rule : rules_in(*group, security_rules_of(cluster_.spec))) {
      const bool is_there =
          found != seen_.rules.end() &&
          std::any_of(found->second.begin(), found->second.end(),
                      [&](const auto& other) { return is_same_rule(rule, other); });
      if (is_there) continue;
      add({ResourceKind::SecurityGroup, {}},
          fmt::format(": its rule for {} is gone", text_of(rule)), Restoration::Rules);
    }
  }

  // Interfaces of a router that is not the cluster's own may be another project's to see.
  void compare_interface() {
    const auto router = seen_id(ResourceKind::Router);
    const auto subnet = seen_id(ResourceKind::Subnet);
    if (!router || !subnet || seen_.interfaces.count({*router, *subnet}) > 0) return;
    add({ResourceKind::Router, {}}, ": its interface in the cluster's subnet is gone",
        Restoration::RouterInterface);
  }

  const ClusterRecord& cluster_;
  const Owner& owner_;
  const ProjectInventory& seen_;
  std::vector<Drift> drift_;
};

}  // namespace

Deviations audit(const ClusterRecord& cluster, const Owner& owner, const ProjectInventory& seen) {
  Deviations deviations;
  deviations.drift = Comparison(cluster, owner, seen).run();
  const auto own = seen.clusters.find(cluster.id);
  if (own == seen.clusters.end()) return deviations;
  for (const ObservedResource& resource : own->second) {
    const auto place = place_of(resource, cluster.resources, cluster.spec, cluster.id);
    if (!place) {
      if (node_not_wanted(cluster, resource)) {
        deviations.unwanted.push_back(resource);
      } else {
        deviations.drift.push_back(
            {{resource.kind, {}},
             to_string(resource) +
                 ": it carries the cluster's mark, but a name that is none of the cluster's; it "
                 "is left alone"});
      }
      continue;
    }
    const auto journaled = cluster.resources.find(*place);
    if (journaled == cluster.resources.end() || journaled->second == resource.id) continue;
    // Without the first one nothing is double.
    if (seen.settings.count(journaled->second) > 0) deviations.duplicates.push_back(resource);
  }
  return deviations;
}

Deviations found_by_both(const Deviations& first, const Deviations& second) {
  const auto both = [](const auto& one, const auto& other, const auto& is_same) {
    std::decay_t<decltype(one)> common;
    std::copy_if(one.begin(), one.end(), std::back_inserter(common), [&](const auto& each) {
      return std::any_of(other.begin(), other.end(),
                         [&](const auto& before) { return is_same(each, before); });
    });
    return common;
  };
  const auto same_id = [](const ObservedResource& a, const ObservedResource& b) {
    return a.kind == b.kind && a.id == b.id;
  };
  return {.duplicates = both(second.duplicates, first.duplicates, same_id),
          .unwanted = both(second.unwanted, first.unwanted, same_id),
          .drift = both(second.drift, first.drift, std::equal_to<Drift>())};
}

std::vector<std::string> lines_of(const Deviations& deviations) {
  std::vector<std::string> lines;
  for (const ObservedResource& resource : deviations.duplicates) {
    lines.push_back(to_string(resource) + ": the second one for its place");
  }
  for (const ObservedResource& resource : deviations.unwanted) {
    lines.push_back(to_string(resource) + ": of a node that is not wanted");
  }
  for (const Drift& drift : deviations.drift) lines.push_back(drift.text);
  return lines;
}

}  // namespace mex::cluster
