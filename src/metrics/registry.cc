#include "metrics/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>

#include "base/check.h"

namespace mex::metrics {
namespace {

// Puts `le` behind the labels that are there.
std::string with_bound(const std::string& labels, std::string_view bound) {
  const std::string le = fmt::format("le=\"{}\"}}", bound);
  if (labels.empty()) return "{" + le;
  return labels.substr(0, labels.size() - 1) + "," + le;
}

}  // namespace

Registry& Registry::instance() {
  // Never destroyed: threads that end after main() still detach their slabs.
  static Registry* const registry = new Registry;
  return *registry;
}

Counter Registry::counter(std::string_view name, std::string_view help, Labels labels) {
  const base::MutexLock lock(mutex_);
  return Counter(cells_of(family(name, help, Kind::Counter, {}), labels));
}

Gauge Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
  const base::MutexLock lock(mutex_);
  return Gauge(cells_of(family(name, help, Kind::Gauge, {}), labels));
}

Histogram Registry::histogram(std::string_view name, std::string_view help,
                              std::initializer_list<double> bounds, Labels labels) {
  const base::MutexLock lock(mutex_);
  Family& found = family(name, help, Kind::Histogram, bounds);
  return Histogram(cells_of(found, labels), found.bounds);
}

Registry::Family& Registry::family(std::string_view name, std::string_view help, Kind kind,
                                   std::initializer_list<double> bounds) {
  MEX_CHECK(is_metric_name(name), "a metric's name is not one");
  MEX_CHECK(
      std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal<>()) == bounds.end(),
      "bounds of a histogram must rise");
  const auto found = families_.find(name);
  if (found == families_.end()) {
    return families_.emplace(name, Family{kind, std::string(help), bounds, {}}).first->second;
  }
  Family& family = found->second;
  MEX_CHECK(
      family.kind == kind && family.help == help &&
          std::equal(family.bounds.begin(), family.bounds.end(), bounds.begin(), bounds.end()),
      "a metric was registered twice in different ways");
  return family;
}

std::uint32_t Registry::cells_of(Family& family, Labels labels) {
  const auto [series, is_new] = family.series.emplace(label_text(labels), cells_used_);
  if (!is_new) return series->second;
  const std::size_t bounds = family.bounds.size();
  const std::size_t cells = family.kind == Kind::Histogram ? bounds + 2 : 1;
  if (family.kind == Kind::Histogram) {
    double_cells_.insert(cells_used_ + static_cast<std::uint32_t>(bounds) + 1);
  }
  cells_used_ += static_cast<std::uint32_t>(cells);
  MEX_CHECK(cells_used_ <= Slab::kChunks * Slab::kChunkCells, "too many metrics");
  return series->second;
}

void Registry::attach(const Slab& slab) {
  const base::MutexLock lock(mutex_);
  slabs_.insert(&slab);
}

void Registry::detach(const Slab& slab) {
  const base::MutexLock lock(mutex_);
  for (std::uint32_t cell = 0; cell < cells_used_; ++cell) {
    std::atomic<std::uint64_t>& kept = ended_.cell(cell);
    const std::uint64_t before = kept.load(std::memory_order_relaxed);
    const std::uint64_t more = slab.read(cell);
    const std::uint64_t sum = double_cells_.contains(cell)
                                  ? std::bit_cast<std::uint64_t>(std::bit_cast<double>(before) +
                                                                 std::bit_cast<double>(more))
                                  : before + more;
    kept.store(sum, std::memory_order_relaxed);
  }
  slabs_.erase(&slab);
}

std::uint64_t Registry::sum(std::uint32_t cell) {
  const base::MutexLock lock(mutex_);
  return sum_locked(cell);
}

std::uint64_t Registry::sum_locked(std::uint32_t cell) const {
  std::uint64_t sum = ended_.read(cell);
  for (const Slab* slab : slabs_) sum += slab->read(cell);
  return sum;
}

double Registry::sum_of_doubles_locked(std::uint32_t cell) const {
  double sum = std::bit_cast<double>(ended_.read(cell));
  for (const Slab* slab : slabs_) sum += std::bit_cast<double>(slab->read(cell));
  return sum;
}

std::string Registry::text() {
  const base::MutexLock lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) write_family(out, name, family);
  return out;
}

void Registry::write_family(std::string& out, const std::string& name, const Family& family) const {
  append_family(out, name, family.help, family.kind);
  for (const auto& [labels, cell] : family.series) {
    switch (family.kind) {
      case Kind::Counter:
        append_sample(out, name, labels, sum_locked(cell));
        break;
      case Kind::Gauge:
        out += fmt::format("{}{} {}\n", name, labels, static_cast<std::int64_t>(sum_locked(cell)));
        break;
      case Kind::Histogram:
        write_histogram(out, name, family, labels, cell);
        break;
    }
  }
}

void Registry::write_histogram(std::string& out, const std::string& name, const Family& family,
                               const std::string& labels, std::uint32_t cell) const {
  std::uint64_t count = 0;
  for (const double bound : family.bounds) {
    count += sum_locked(cell++);
    out +=
        fmt::format("{}_bucket{} {}\n", name, with_bound(labels, fmt::format("{}", bound)), count);
  }
  count += sum_locked(cell++);
  out += fmt::format("{}_bucket{} {}\n", name, with_bound(labels, "+Inf"), count);
  out += fmt::format("{}_sum{} {}\n", name, labels, sum_of_doubles_locked(cell));
  out += fmt::format("{}_count{} {}\n", name, labels, count);
}

}  // namespace mex::metrics
