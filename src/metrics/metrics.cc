#include "metrics/metrics.h"

#include <algorithm>
#include <bit>

#include "metrics/registry.h"

namespace mex::metrics {
namespace {

// Registers a thread's slab from its first count until the thread ends.
class AttachedSlab {
 public:
  AttachedSlab() { Registry::instance().attach(slab_); }
  AttachedSlab(const AttachedSlab&) = delete;
  AttachedSlab& operator=(const AttachedSlab&) = delete;
  ~AttachedSlab() { Registry::instance().detach(slab_); }
  Slab& slab() { return slab_; }

 private:
  Slab slab_;
};

Slab& slab_of_this_thread() {
  thread_local AttachedSlab attached;
  return attached.slab();
}

// Only this thread writes the cell, so a plain load and store lose nothing and need no bus lock.
void add_to(std::uint32_t cell, std::uint64_t amount) {
  std::atomic<std::uint64_t>& value = slab_of_this_thread().cell(cell);
  value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

void add_double_to(std::uint32_t cell, double amount) {
  std::atomic<std::uint64_t>& value = slab_of_this_thread().cell(cell);
  const double sum = std::bit_cast<double>(value.load(std::memory_order_relaxed)) + amount;
  value.store(std::bit_cast<std::uint64_t>(sum), std::memory_order_relaxed);
}

}  // namespace

void Counter::add(std::uint64_t amount) const { add_to(cell_, amount); }

std::uint64_t Counter::value() const { return Registry::instance().sum(cell_); }

void Gauge::add(std::int64_t amount) const { add_to(cell_, static_cast<std::uint64_t>(amount)); }

std::int64_t Gauge::value() const {
  return static_cast<std::int64_t>(Registry::instance().sum(cell_));
}

void Histogram::observe(double value) const {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  add_to(cell_ + static_cast<std::uint32_t>(bound - bounds_.begin()), 1);
  add_double_to(cell_ + static_cast<std::uint32_t>(bounds_.size()) + 1, value);
}

std::uint64_t Histogram::count() const {
  std::uint64_t count = 0;
  for (std::uint32_t bucket = 0; bucket <= bounds_.size(); ++bucket) {
    count += Registry::instance().sum(cell_ + bucket);
  }
  return count;
}

Counter counter(std::string_view name, std::string_view help, Labels labels) {
  return Registry::instance().counter(name, help, labels);
}

Gauge gauge(std::string_view name, std::string_view help, Labels labels) {
  return Registry::instance().gauge(name, help, labels);
}

Histogram histogram(std::string_view name, std::string_view help,
                    std::initializer_list<double> bounds, Labels labels) {
  return Registry::instance().histogram(name, help, bounds, labels);
}

std::string prometheus_text() { return Registry::instance().text(); }

}  // namespace mex::metrics
