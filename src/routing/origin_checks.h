#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "routing/origin_set_compiler.h"
#include "routing/route_index.h"

namespace mex::proxy {
class Control;
}

namespace mex::routing {

// What the health checker is to look at: the sets of routes that say so, and those that their
// services have now. Thread-safe.
class OriginChecks {
 public:
  // `control` is null while the proxy is off, and outlives this object.
  explicit OriginChecks(proxy::Control* control) : control_(control) {}
  OriginChecks(const OriginChecks&) = delete;
  OriginChecks& operator=(const OriginChecks&) = delete;

  // True if something has to be said to the checker: apply().
  bool put(const std::string& id, const RouteEntry& entry);
  bool erase(const std::string& id);
  void apply() const;

 private:
  proxy::Control* const control_;
  // Held while the checker is given the sets, so that the last ones are those of the last change.
  mutable base::Mutex mutex_;
  CheckedOrigins checked_ ABSL_GUARDED_BY(mutex_);
  // Routes whose origins come and go.
  std::map<std::string, std::shared_ptr<const proxy::route::Route>> live_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::routing
