#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "proxy/health/origin_check.h"
#include "proxy/route/origin_set.h"

namespace mex::proxy::health {

using OriginSets = std::vector<std::shared_ptr<const route::OriginSet>>;

// The checks of all origins whose route asks for them. Loop thread only.
class HealthChecks {
 public:
  explicit HealthChecks(const CheckContext& context) : context_(context) {}

  // These sets are checked from now on. Origins that were checked before in the same way go on
  // being checked as if nothing had happened; what is not checked any more counts as healthy.
  void use(const OriginSets& sets);

  std::size_t size() const { return checks_.size(); }

 private:
  // An origin of a set has the same state in all versions of the set.
  using Checks = std::map<const balance::OriginState*, std::unique_ptr<OriginCheck>>;

  std::unique_ptr<OriginCheck> check_for(const std::shared_ptr<const route::OriginSet>& set,
                                         std::size_t index);

  const CheckContext context_;
  Checks checks_;
  std::uint64_t next_seed_ = 0;
};

}  // namespace mex::proxy::health
