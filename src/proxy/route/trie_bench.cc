#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>

#include "proxy/route/trie.h"

namespace mex::proxy::route {
namespace {

std::string path_of(std::int64_t number) { return fmt::format("/tenant-{}/app/*rest", number); }

std::shared_ptr<const Route> route_of(std::int64_t number) {
  RoutePart part{};
  return make_route(path_of(number), "http://10.1.1.1:80", nullptr, part).value();
}

Trie trie_of(std::int64_t routes) {
  Trie trie;
  for (std::int64_t i = 0; i < routes; ++i) trie = trie.with(route_of(i));
  return trie;
}

// First against last: the place of a route must not matter.
void match(benchmark::State& state) {
  const Trie trie = trie_of(state.range(0));
  const std::string path = fmt::format("/tenant-{}/app/index.html", state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(trie.match(path));
}
BENCHMARK(match)->Args({10, 0})->Args({10'000, 0})->Args({10'000, 9'999})->Args({100'000, 99'999});

void replace_one(benchmark::State& state) {
  const Trie trie = trie_of(state.range(0));
  const auto route = route_of(state.range(0) / 2);
  for (auto _ : state) benchmark::DoNotOptimize(trie.with(route));
}
BENCHMARK(replace_one)->Arg(10)->Arg(10'000)->Arg(100'000);

void build(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(trie_of(state.range(0)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(build)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mex::proxy::route
