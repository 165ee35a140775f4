#include <benchmark/benchmark.h>

#include "metrics/metrics.h"

namespace mex::metrics {
namespace {

void count(benchmark::State& state) {
  static const Counter counted = counter("bench_counter_total", "Counted by the benchmark.");
  for (auto _ : state) counted.add();
}
BENCHMARK(count)->ThreadRange(1, 2);

void observe(benchmark::State& state) {
  static const Histogram observed =
      histogram("bench_seconds", "Observed by the benchmark.", kLatencySeconds);
  for (auto _ : state) observed.observe(0.003);
}
BENCHMARK(observe);

}  // namespace
}  // namespace mex::metrics
