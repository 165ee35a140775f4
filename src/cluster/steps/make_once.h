#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cluster/steps/attempt.h"
#include "cluster/steps/outcome.h"
#include "openstack/error.h"
#include "openstack/neutron_types.h"

// What the calls that make a resource have in common: made once, whatever became of the answers.
namespace mex::cluster {

// The id in the journal of the resource at that place; empty if there is none.
inline const std::string& id_at(const Attempt& attempt, ResourceKind kind,
                                const std::string& node = {}) {
  static const std::string none;
  const auto found = attempt.resources.find({kind, node});
  return found == attempt.resources.end() ? none : found->second;
}

// By its name and the mark of its owner.
inline openstack::NeutronFilter marked_name(const std::string& name, const Owner& owner) {
  openstack::NeutronFilter filter;
  filter.name = name;
  filter.description = mark_of(owner);
  return filter;
}

inline Outcome made(const ResourceKey& key, const std::string& id) {
  Outcome outcome;
  outcome.made[key] = id;
  outcome.resource_id = id;
  return outcome;
}

// The first by id, so that two look-ups of the same things choose the same.
template <typename Resource>
std::optional<std::string> first_id(const std::vector<Resource>& resources) {
  const auto least =
      std::min_element(resources.begin(), resources.end(),
                       [](const Resource& a, const Resource& b) { return a.id < b.id; });
  if (least == resources.end()) return std::nullopt;
  return least->id;
}

// Makes one resource, once. `find` gives a StatusOr of an optional id, `create` a StatusOr of an
// id. After an attempt whose fate is unknown a refusal may mean that the earlier one took effect in
// the meantime (an overlapping subnet, a port in use): hence the second look-up. Where that one
// fails nothing is known of the refusal, so it is not the outcome.
template <typename Find, typename Create>
Outcome make_once(const ResourceKey& key, const Attempt& attempt, Find find, Create create) {
  if (attempt.check_existing) {
    const auto there = find();
    if (!there.ok()) return failure(there.status());
    if (*there) return made(key, **there);
    if (!attempt.may_repeat) {
      Outcome outcome;
      outcome.not_seen = true;
      return outcome;
    }
  }
  const absl::StatusOr<std::string> id = create();
  if (id.ok()) return made(key, *id);
  if (attempt.check_existing && !openstack::is_transient(id.status())) {
    const auto there = find();
    if (!there.ok()) return failure(there.status());
    if (*there) return made(key, **there);
  }
  return failure(id.status());
}

template <typename Resource>
absl::StatusOr<std::optional<std::string>> first_of(
    const absl::StatusOr<std::vector<Resource>>& resources) {
  if (!resources.ok()) return resources.status();
  return first_id(*resources);
}

template <typename Resource>
absl::StatusOr<std::string> id_of(const absl::StatusOr<Resource>& resource) {
  if (!resource.ok()) return resource.status();
  return resource->id;
}

}  // namespace mex::cluster
