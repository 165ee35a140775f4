#include "proxy/route/route_table.h"

#include <string>

namespace mex::proxy::route {
namespace {

std::string from_its_end(const std::string& name) { return {name.rbegin(), name.rend()}; }

}  // namespace

const Trie& RouteTable::trie_of(const HostPattern& host) const {
  static const Trie kNone;
  if (host.is_any()) return any_host_;
  const auto routes = hosts_.find(from_its_end(host.name()));
  if (routes == nullptr) return kNone;
  // What the tree holds stays as long as this table.
  return host.is_wildcard() ? routes->below : routes->exact;
}

RouteTable RouteTable::with_trie(const HostPattern& host, Trie trie) const {
  const std::size_t size = size_ + trie.size() - trie_of(host).size();
  if (host.is_any()) return RouteTable(std::move(trie), hosts_, size);
  const std::string key = from_its_end(host.name());
  const auto before = hosts_.find(key);
  HostRoutes after = before == nullptr ? HostRoutes() : *before;
  (host.is_wildcard() ? after.below : after.exact) = std::move(trie);
  if (after.exact.size() + after.below.size() == 0) {
    return RouteTable(any_host_, hosts_.without(key), size);
  }
  return RouteTable(any_host_,
                    hosts_.with(key, std::make_shared<const HostRoutes>(std::move(after))), size);
}

RouteTable RouteTable::with(std::shared_ptr<const Route> route) const {
  const HostPattern& host = route->rule().host;
  return with_trie(host, trie_of(host).with(route));
}

RouteTable RouteTable::without(const Rule& rule) const {
  if (find(rule) == nullptr) return *this;
  return with_trie(rule.host, trie_of(rule.host).without(rule));
}

std::shared_ptr<const Route> RouteTable::find(const Rule& rule) const {
  return trie_of(rule.host).find(rule);
}

std::shared_ptr<const Route> RouteTable::find_rival(const Rule& rule) const {
  const auto routes = trie_of(rule.host).routes_beside(rule);
  if (routes == nullptr) return nullptr;
  for (const auto& route : routes->all()) {
    if (!(route->rule() == rule) && is_tie(route->rule(), rule)) return route;
  }
  return nullptr;
}

std::size_t RouteTable::count_beside(const Rule& rule) const {
  const auto routes = trie_of(rule.host).routes_beside(rule);
  return routes == nullptr ? 0 : routes->all().size();
}

Match RouteTable::match(const RoutedRequest& request) const {
  Match found;
  for_each_host(request.host, [&](const Trie& trie) {
    found = trie.match(request);
    return found.route == nullptr;
  });
  return found;
}

}  // namespace mex::proxy::route
