#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "proxy/route/route_table.h"
#include "routing/followed_origins.h"
#include "routing/proxy_route.h"
#include "store/store.h"

namespace mex::routing {

// A route as it is kept and as it is active.
struct RouteEntry {
  ProxyRoute route;
  base::WallTime changed_at{};
  store::Revision revision = 0;  // of the commit that wrote it
  std::shared_ptr<const proxy::route::Route> active{};
  std::shared_ptr<FollowedOrigins> followed{};  // null: its origins are what it says

  // What distinguishes it from all others: its path, and behind it what else it asks for. Their
  // order is that of lists.
  std::string id() const;
  std::string store_key() const;
  std::string etag() const;
  // "\"web\"" or "\"/app/*rest\"": for messages.
  std::string to_string() const;
};

// All routes: by id, by name, and as the table that shards are handed. Not thread-safe.
class RouteIndex {
 public:
  using Entries = std::map<std::string, RouteEntry>;  // by id

  const Entries& entries() const { return entries_; }
  const proxy::route::RouteTable& table() const { return table_; }

  // Null if there is none.
  const RouteEntry* find(const std::string& id) const;
  const RouteEntry* find(const proxy::route::Rule& rule) const;
  // Names are unique where they are needed to find a route, but the agent's first call takes any.
  std::vector<const RouteEntry*> named(const std::string& name) const;
  // By name; else, where all it has is a path, by that, with or without its first slash. Of several
  // with one name the first, and `is_ambiguous`.
  const RouteEntry* find_resource(const std::string& name, bool& is_ambiguous) const;

  // In place of the one that has its id.
  void put(RouteEntry entry);
  void erase(const std::string& id);

 private:
  Entries entries_;
  std::set<std::pair<std::string, std::string>> names_;  // with ids: one name may have thousands
  proxy::route::RouteTable table_;
};

// As RouteEntry's, of a route with this rule.
std::string route_id(const proxy::route::Rule& rule);

}  // namespace mex::routing
