#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/record.h"
#include "cluster/flavor/flavor.h"

namespace mex::cluster {

// A flavor as it is kept: each change makes a new revision.
struct FlavorRecord {
  ClusterFlavor flavor;
  std::int64_t revision = 1;  // 1, 2, 3, …
  base::WallTime created{};   // of the first revision
  base::WallTime changed{};   // of this one
  bool is_built_in = false;   // part of the program, not of the store: cannot be changed

  bool operator==(const FlavorRecord&) const = default;
};

constexpr auto fields_of(const FlavorRecord*) {
  using T = FlavorRecord;
  return base::fields(base::field("flavor", &T::flavor), base::field("revision", &T::revision),
                      base::field("created", &T::created), base::field("changed", &T::changed));
}

// Flavors by name.
using FlavorSet = std::map<std::string, FlavorRecord, std::less<>>;

std::string to_json(const FlavorRecord& record);
// DataLoss, naming `key`, if the text is not what to_json writes.
absl::StatusOr<FlavorRecord> flavor_record_from_json(std::string_view text, std::string_view key);

}  // namespace mex::cluster
