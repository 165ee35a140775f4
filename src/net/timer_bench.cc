#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "net/timer.h"

namespace mex::net {
namespace {

// What a request costs: every deadline of its connection is armed anew, none fires.
void rearm_for_each_request(benchmark::State& state) {
  base::SteadyTime now{};
  TimerWheel wheel(now);
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 10'000; ++i) timers.push_back(std::make_unique<Timer>(wheel, [] {}));
  std::size_t next = 0;
  for (auto _ : state) {
    timers[next]->arm(std::chrono::seconds(30));
    next = next + 1 == timers.size() ? 0 : next + 1;
    if (next == 0) {
      wheel.set_now(now += std::chrono::milliseconds(100));
      wheel.fire_due();
    }
  }
}
BENCHMARK(rearm_for_each_request);

}  // namespace
}  // namespace mex::net
