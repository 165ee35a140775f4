#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/record.h"

namespace mex::proxy::route {

class Route;

// A second origin that gets copies of a route's requests and whose answers go nowhere, as an
// operator writes it.
struct MirrorSpec {
  std::string origin;
  int percent = 100;  // of the requests

  bool operator==(const MirrorSpec&) const = default;
};

constexpr auto fields_of(const MirrorSpec*) {
  using T = MirrorSpec;
  return base::fields(base::field("origin", &T::origin),
                      base::optional_field("percent", &T::percent, {1, 100}));
}

// Immutable but for its counters; held by the route and by what is on its way. Any thread.
class Mirror {
 public:
  // The mirror of `route`. What was counted for `previous` (or null) goes on if it led to the same
  // origin. InvalidArgument names the field in its detail ("mirror.origin").
  static absl::StatusOr<std::shared_ptr<const Mirror>> create(const Route& route,
                                                              const MirrorSpec& spec,
                                                              const Mirror* previous,
                                                              std::size_t shards);
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  // Same path and changes of headers, but it leads to the mirror alone; its counters are those of
  // the copies.
  const Route& route() const { return *route_; }
  int percent() const { return percent_; }

  // Copies that were not sent, or not whole, because the mirror was behind.
  std::uint64_t dropped() const { return dropped_->load(std::memory_order_relaxed); }
  void drop() const { dropped_->fetch_add(1, std::memory_order_relaxed); }

 private:
  using Number = std::atomic<std::uint64_t>;

  Mirror(std::shared_ptr<const Route> route, int percent, std::shared_ptr<Number> dropped)
      : route_(std::move(route)), percent_(percent), dropped_(std::move(dropped)) {}

  const std::shared_ptr<const Route> route_;
  const int percent_;
  const std::shared_ptr<Number> dropped_;
};

}  // namespace mex::proxy::route
