#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "metrics/metrics.h"
#include "metrics/slab.h"
#include "metrics/text_format.h"

namespace mex::metrics {

// Knows all metrics and all threads' slabs. One in the process.
class Registry {
 public:
  static Registry& instance();

  Counter counter(std::string_view name, std::string_view help, Labels labels);
  Gauge gauge(std::string_view name, std::string_view help, Labels labels);
  Histogram histogram(std::string_view name, std::string_view help,
                      std::initializer_list<double> bounds, Labels labels);

  void attach(const Slab& slab);
  // The slab's thread ends: its numbers are kept in the sums.
  void detach(const Slab& slab);

  std::uint64_t sum(std::uint32_t cell);
  std::string text();

 private:
  struct Family {
    Kind kind;
    std::string help;
    std::vector<double> bounds;                   // histograms
    std::map<std::string, std::uint32_t> series;  // label text ("{a=\"b\"}" or "") to first cell
  };

  Registry() = default;
  Family& family(std::string_view name, std::string_view help, Kind kind,
                 std::initializer_list<double> bounds) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::uint32_t cells_of(Family& family, Labels labels) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::uint64_t sum_locked(std::uint32_t cell) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  double sum_of_doubles_locked(std::uint32_t cell) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void write_family(std::string& out, const std::string& name, const Family& family) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void write_histogram(std::string& out, const std::string& name, const Family& family,
                       const std::string& labels, std::uint32_t cell) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Mutex mutex_;
  std::map<std::string, Family, std::less<>> families_ ABSL_GUARDED_BY(mutex_);
  std::set<const Slab*> slabs_ ABSL_GUARDED_BY(mutex_);
  Slab ended_ ABSL_GUARDED_BY(mutex_);                            // sums of threads that are gone
  std::set<std::uint32_t> double_cells_ ABSL_GUARDED_BY(mutex_);  // sums of histograms
  std::uint32_t cells_used_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mex::metrics
