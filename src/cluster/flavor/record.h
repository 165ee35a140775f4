#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "cluster/flavor/flavor.h"

namespace mex::base {
class RecordReader;
}

namespace mex::cluster {

// A flavor as it is kept: each change is a revision of its own.
struct FlavorRecord {
  ClusterFlavor flavor;
  std::int64_t revision = 1;  // 1, 2, 3, …
  base::WallTime created{};   // of the first revision
  base::WallTime changed{};   // of this one
  bool is_built_in = false;   // part of the program, not of the store: cannot be changed

  bool operator==(const FlavorRecord&) const = default;
};

// Flavors by name.
using FlavorSet = std::map<std::string, FlavorRecord, std::less<>>;

std::string to_json(const FlavorRecord& record);
// DataLoss, naming `key`, if the text is not what to_json writes.
absl::StatusOr<FlavorRecord> parse_flavor_record(std::string_view text, std::string_view key);

// As a member of another record, such as a cluster's.
nlohmann::json json_of(const ClusterFlavor& flavor);
ClusterFlavor flavor_of(const base::RecordReader& reader);

}  // namespace mex::cluster
