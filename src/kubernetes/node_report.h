#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mex::kubernetes {

// What a node's bootstrap script said last on its console.
struct NodeReport {
  std::string
      phase;  // "starting", "waiting", "joining", "retrying", …; "ready" or "failed" at the end
  std::string text;  // one line of printable ASCII

  bool operator==(const NodeReport&) const = default;
};

// Finds the last line "mexosagent: NODE: PHASE: TEXT" of `node` in a console's text, also behind
// what cloud-init or the kernel put before it. The console is written by the machine's tenant: what
// it says is a hint for people, never a proof. Nothing if there is no such line.
std::optional<NodeReport> last_report(std::string_view console, std::string_view node);

}  // namespace mex::kubernetes
