#include "proxy/route/trie.h"

namespace mex::proxy::route {

Trie Trie::with(std::shared_ptr<const Route> route) const {
  static const PathRoutes kNone;
  const std::string key(route->key());
  const auto before = paths_.find(key);
  const std::size_t count = before == nullptr ? 0 : before->all().size();
  auto after = (before == nullptr ? kNone : *before).with(std::move(route));
  const std::size_t size = size_ + after->all().size() - count;
  return Trie(paths_.with(key, std::move(after)), size);
}

Trie Trie::without(const Rule& rule) const {
  const auto before = paths_.find(rule.path.key());
  if (before == nullptr || before->find(rule) == nullptr) return *this;
  auto after = before->without(rule);
  const std::string_view key = rule.path.key();
  return Trie(after->all().empty() ? paths_.without(key) : paths_.with(key, std::move(after)),
              size_ - 1);
}

std::shared_ptr<const Route> Trie::find(const Rule& rule) const {
  const auto routes = paths_.find(rule.path.key());
  return routes == nullptr ? nullptr : routes->find(rule);
}

Match Trie::match(const RoutedRequest& request) const {
  Match best;
  for_each_covering(request.path, [&](const PathRoutes& routes, Coverage coverage) {
    const Route* route = routes.match(request, coverage);
    if (route == nullptr) return true;
    best = {route, coverage == Coverage::SlashMissing};
    return coverage == Coverage::Below;
  });
  return best;
}

}  // namespace mex::proxy::route
