#include "proxy/route/rule.h"

namespace mex::proxy::route {

// What two expressions have in common does not follow from their texts: the order of PathRoutes
// decides between them.
bool is_tie(const Rule& a, const Rule& b) {
  const bool are_regexes =
      a.path.kind() == PatternKind::Regex && b.path.kind() == PatternKind::Regex;
  if (are_regexes && a.path.text() != b.path.text()) return false;
  const bool is_exact = a.path.kind() == PatternKind::Exact;
  return a.host == b.host && a.path.key() == b.path.key() &&
         is_exact == (b.path.kind() == PatternKind::Exact) &&
         a.conditions.rank() == b.conditions.rank() && !a.conditions.exclude(b.conditions);
}

absl::Status check_rewrite(const Rule& rule, std::string_view rewrite) {
  if (rewrite.empty()) return absl::OkStatus();
  if (rule.path.kind() == PatternKind::Regex) return rule.path.regex().check_rewrite(rewrite);
  return absl::InvalidArgumentError(
      "must be left out without a REGEX: the path of the origin takes the place of the route's");
}

}  // namespace mex::proxy::route
