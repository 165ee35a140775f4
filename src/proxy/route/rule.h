#pragma once

#include <string_view>

#include "absl/status/status.h"
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
    const bool has_first_form =
        path.kind() == PatternKind::Prefix || path.kind() == PatternKind::Wildcard;
    return host.is_any() && has_first_form && conditions.is_any();
  }

  // One route replaces another that has the same rule.
  bool operator==(const Rule& other) const {
    return host == other.host && path.kind() == other.path.kind() &&
           path.text() == other.path.text() && conditions == other.conditions;
  }
};

// InvalidArgument, unless paths that the rule covers can be rewritten so ("" is always fine).
absl::Status check_rewrite(const Rule& rule, std::string_view rewrite);

// Whether nothing decides which of two rules a request belongs to that has what both ask for.
bool is_tie(const Rule& a, const Rule& b);

}  // namespace mex::proxy::route
