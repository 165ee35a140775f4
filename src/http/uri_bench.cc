#include <benchmark/benchmark.h>

#include <array>

#include "http/uri.h"

namespace mex::http {
namespace {

void normalize(benchmark::State& state, std::string_view raw) {
  std::array<char, 256> space{};
  for (auto _ : state) benchmark::DoNotOptimize(normalize_path(raw, space));
}
BENCHMARK_CAPTURE(normalize, usual, "/shop/articles/4711/pictures/large.webp");
BENCHMARK_CAPTURE(normalize, escaped, "/shop/caf%c3%a9/%7euser/a%20b/x.html");
BENCHMARK_CAPTURE(normalize, dotted, "/shop/./articles/../articles//4711/pictures");

}  // namespace
}  // namespace mex::http
