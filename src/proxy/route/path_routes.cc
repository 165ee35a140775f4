#include "proxy/route/path_routes.h"

#include <algorithm>
#include <utility>

namespace mex::proxy::route {
namespace {

// Of regular expressions the longer one: it is likely to be the narrower.
bool is_asked_before(const Route& a, const Route& b) {
  const std::string& a_text = a.pattern().text();
  const std::string& b_text = b.pattern().text();
  const bool are_regexes =
      a.pattern().kind() == PatternKind::Regex && b.pattern().kind() == PatternKind::Regex;
  if (are_regexes && a_text != b_text) {
    return a_text.size() != b_text.size() ? a_text.size() > b_text.size() : a_text < b_text;
  }
  const bool a_is_exact = a.pattern().kind() == PatternKind::Exact;
  const bool b_is_exact = b.pattern().kind() == PatternKind::Exact;
  if (a_is_exact != b_is_exact) return a_is_exact;
  return a.rule().conditions.rank() > b.rule().conditions.rank();
}

auto place_of(const std::vector<std::shared_ptr<const Route>>& routes, const Rule& rule) {
  return std::find_if(routes.begin(), routes.end(),
                      [&rule](const auto& route) { return route->rule() == rule; });
}

}  // namespace

const Route* PathRoutes::match(const RoutedRequest& request, Coverage coverage) const {
  for (const auto& route : routes_) {
    if (is_covered(*route, request, coverage) && route->rule().conditions.hold_for(request)) {
      return route.get();
    }
  }
  return nullptr;
}

std::shared_ptr<const Route> PathRoutes::find(const Rule& rule) const {
  const auto found = place_of(routes_, rule);
  return found == routes_.end() ? nullptr : *found;
}

std::shared_ptr<const PathRoutes> PathRoutes::with(std::shared_ptr<const Route> route) const {
  auto changed = std::make_shared<PathRoutes>(*this);
  std::erase_if(changed->routes_,
                [&route](const auto& each) { return is_tie(each->rule(), route->rule()); });
  const auto place =
      std::find_if(changed->routes_.begin(), changed->routes_.end(),
                   [&route](const auto& each) { return is_asked_before(*route, *each); });
  changed->routes_.insert(place, std::move(route));
  return changed;
}

std::shared_ptr<const PathRoutes> PathRoutes::without(const Rule& rule) const {
  auto changed = std::make_shared<PathRoutes>(*this);
  std::erase_if(changed->routes_, [&rule](const auto& each) { return each->rule() == rule; });
  return changed;
}

}  // namespace mex::proxy::route
