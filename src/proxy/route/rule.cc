#include "proxy/route/rule.h"

namespace mex::proxy::route {

bool is_tie(const Rule& a, const Rule& b) {
  const bool is_exact = a.path.kind() == PatternKind::Exact;
  return a.host == b.host && a.path.key() == b.path.key() &&
         is_exact == (b.path.kind() == PatternKind::Exact) &&
         a.conditions.rank() == b.conditions.rank() && !a.conditions.exclude(b.conditions);
}

}  // namespace mex::proxy::route
