#pragma once

#include "proxy/route/conditions.h"
#include "proxy/route/host_pattern.h"
#include "proxy/route/pattern.h"

namespace mex::proxy::route {

// Which requests a route is for. README.md of this folder says which of several rules wins.
struct Rule {
  HostPattern host;
  PathPattern path;
  Conditions conditions;

  // Nothing but a path in one of the two first forms: what the agent's first call can say.
  bool is_simple() const {
    return host.is_any() && path.kind() != PatternKind::Exact && conditions.is_any();
  }

  // One route replaces another that has the same rule.
  bool operator==(const Rule& other) const {
    return host == other.host && path.kind() == other.path.kind() &&
           path.text() == other.path.text() && conditions == other.conditions;
  }
};

// Whether nothing decides which of two rules a request belongs to that has what both ask for.
bool is_tie(const Rule& a, const Rule& b);

}  // namespace mex::proxy::route
