#include "cluster/engine/operation_context.h"

#include <fmt/format.h>

#include <utility>

namespace mex::cluster {

void fail(OperationProgress& progress, OperationKind kind, Reason reason) {
  if (progress.failure) return;
  const std::string again =
      kind == OperationKind::Create
          ? "send the same provision again (it goes on from what is there), or destroy the cluster"
          : "ask for it again: it goes on from what is there";
  reason.next = reason.next.empty() ? "correct the cause and " + again
                                    : fmt::format("{}; then {}", reason.next, again);
  progress.failure = std::move(reason);
}

}  // namespace mex::cluster
