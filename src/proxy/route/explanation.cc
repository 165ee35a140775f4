#include "proxy/route/explanation.h"

#include <fmt/format.h>

#include <utility>

namespace mex::proxy::route {
namespace {

std::string reason_of(const Route& route, const RoutedRequest& request, Coverage coverage) {
  if (!PathRoutes::is_covered(route, request, coverage)) {
    return route.pattern().kind() == PatternKind::Regex ? "its expression does not match the path"
                                                        : "it is for exactly its path";
  }
  if (auto why = route.rule().conditions.why_not(request)) return *std::move(why);
  return "a more specific route serves it";
}

}  // namespace

Explanation explain(const RouteTable& table, const RoutedRequest& request, std::size_t max_routes) {
  Explanation explanation;
  explanation.match = table.match(request);
  table.for_each_host(request.host, [&](const Trie& trie) {
    std::vector<std::pair<const PathRoutes*, Coverage>> covering;
    trie.for_each_covering(request.path, [&](const PathRoutes& routes, Coverage coverage) {
      covering.emplace_back(&routes, coverage);
      return true;
    });
    // The last to be asked.
    if (trie.regexes() != nullptr) {
      covering.insert(covering.begin(), {trie.regexes(), Coverage::Whole});
    }
    for (auto each = covering.rbegin(); each != covering.rend(); ++each) {
      for (const auto& route : each->first->all()) {
        if (route.get() == explanation.match.route) continue;
        if (explanation.passed_over.size() == max_routes) {
          explanation.is_complete = false;
          return false;
        }
        explanation.passed_over.push_back({route.get(), reason_of(*route, request, each->second)});
      }
    }
    return true;
  });
  return explanation;
}

}  // namespace mex::proxy::route
