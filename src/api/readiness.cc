#include "api/readiness.h"

#include <fmt/format.h>

#include "base/status.h"

namespace mex::api {

ReadinessReport report(const std::vector<ReadinessPart>& parts) {
  ReadinessReport result;
  for (const ReadinessPart& part : parts) {
    result.ready = result.ready && (part.status.ok() || !part.is_required);
    result.text +=
        fmt::format("{}: {}\n", part.name, part.status.ok() ? "ok" : base::message_of(part.status));
  }
  return result;
}

}  // namespace mex::api
