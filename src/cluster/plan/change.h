#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "cluster/flavor/platform_config.h"
#include "cluster/records/change_request.h"
#include "cluster/records/records.h"

// What is to become of a cluster that exists: the record that an operation makes true. Pure.
namespace mex::cluster {

// What surrounds a change.
struct ChangeRules {
  const PlatformConfig& platform;
  // Whether another cluster holds that address of the same network.
  std::function<bool(const std::string& address)> is_taken;
};

// The worker pool has `count` nodes. New ones take the lowest free numbers, those with the highest
// go. Nodes that join now and later are made of what `names` says. Equal to `record` if it is so
// already.
//   NotFound            there is no such pool
//   InvalidArgument     names the field: "count", "image", "flavor" or "key_pair"
//   FailedPrecondition  the platform has no address left for a node, or says not what it is to be
absl::StatusOr<ClusterRecord> scaled(const ClusterRecord& record, std::string_view pool, int count,
                                     const ChangeRules& rules, const NewNames& names = {});

// The worker in that place gets another server, made of what `names` says; the others of its pool
// stay as they are. NotFound; Unimplemented for a master; InvalidArgument as above.
absl::StatusOr<ClusterRecord> with_replaced(const ClusterRecord& record, std::string_view slot,
                                            const NewNames& names = {});

// All nodes are to renew their certificates, also those that were made without the program for it.
ClusterRecord with_renewal(const ClusterRecord& record);

// The workers in those places get other servers, which counts against the flavor's repair budget
// from `now` on. Places that are not a worker's are left out.
struct Repair {
  ClusterRecord cluster;
  std::string nodes;  // for people: "worker-1, worker-2"
};
Repair repaired(const ClusterRecord& record, const std::vector<std::string>& slots,
                base::WallTime now);

// The change that `record` is to make true has failed or was cancelled: what was wanted before is
// wanted again. Nodes that it brought leave, as far as anything of them may be there; nodes that
// were to go stay, or join again if their servers are gone. What is still to be done for that is an
// open change. Another server that was to take a node's place is not wanted any more.
void undo_change(ClusterRecord& record);

// Something of an earlier change is still to be done.
bool has_open_change(const ClusterRecord& record);

}  // namespace mex::cluster
