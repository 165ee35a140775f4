#include "proxy/route/trie.h"

namespace mex::proxy::route {

Trie Trie::with(std::shared_ptr<const Route> route) const {
  static const PathRoutes kNone;
  const Rule& rule = route->rule();
  const auto before = routes_beside(rule);
  const std::size_t count = before == nullptr ? 0 : before->all().size();
  auto after = (before == nullptr ? kNone : *before).with(route);
  const std::size_t size = size_ + after->all().size() - count;
  if (is_regex(rule)) return Trie(paths_, std::move(after), size);
  return Trie(paths_.with(rule.path.key(), std::move(after)), regexes_, size);
}

Trie Trie::without(const Rule& rule) const {
  const auto before = routes_beside(rule);
  if (before == nullptr || before->find(rule) == nullptr) return *this;
  auto after = before->without(rule);
  if (after->all().empty()) after = nullptr;
  if (is_regex(rule)) return Trie(paths_, std::move(after), size_ - 1);
  const std::string_view key = rule.path.key();
  return Trie(after == nullptr ? paths_.without(key) : paths_.with(key, std::move(after)), regexes_,
              size_ - 1);
}

std::shared_ptr<const Route> Trie::find(const Rule& rule) const {
  const auto routes = routes_beside(rule);
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
  if (best.route == nullptr && regexes_ != nullptr) {
    best.route = regexes_->match(request, Coverage::Whole);
  }
  return best;
}

}  // namespace mex::proxy::route
