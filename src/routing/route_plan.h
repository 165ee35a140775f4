#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "proxy/route/route_table.h"
#include "routing/route_index.h"

namespace mex::routing {

// A change of the routes before it is made: what is put and erased, checked against what is there
// and against each other. Nothing happens to the index. Not thread-safe.
class RoutePlan {
 public:
  enum class Kind {
    Some,  // the other routes stay
    All,   // they go: what is put is all there will be
  };
  // `index` outlives the plan and does not change meanwhile.
  RoutePlan(const RouteIndex& index, Kind kind);

  // Whatever has the entry's name goes, if it has another rule. Called for all that are put before
  // the first of them is, so that they may change places.
  void vacate_name(const RouteEntry& entry);
  // The resource with the entry's name, or with its rule where it has none. Errors name the field:
  // AlreadyExists is a route that is for the same requests, or a name that another one has.
  absl::Status put(RouteEntry entry);
  // As the agent's first call has it: the path alone decides, the last one wins, names are text.
  absl::Status put_simple(RouteEntry entry);
  void erase(const RouteEntry& entry);

  // What becomes of the index: the routes to put, by id, and the ids to erase. What is there
  // already just so is in neither.
  const RouteIndex::Entries& puts() const { return puts_; }
  RouteIndex::Entries take_puts() { return std::move(puts_); }
  std::vector<std::string> erased() const;
  std::size_t unchanged() const { return kept_.size(); }

 private:
  absl::Status check_rivals(const RouteEntry& entry) const;
  absl::Status check_name(const RouteEntry& entry, const std::string& id);
  bool is_there(const std::string& id) const;
  void add(RouteEntry entry, std::string id);

  const RouteIndex& index_;
  const Kind kind_;
  proxy::route::RouteTable table_;  // as it will be
  RouteIndex::Entries puts_;
  std::set<std::string> erased_;
  std::set<std::string> kept_;
  std::set<std::string> names_;
};

}  // namespace mex::routing
