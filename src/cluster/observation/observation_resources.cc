#include "cluster/observation/observation_resources.h"

#include <functional>
#include <numeric>
#include <stop_token>
#include <utility>

namespace mex::cluster {
namespace {

std::size_t max_sweeps() {
  const auto& lanes = SweepQueue::kDefaultCapacity;
  return std::accumulate(lanes.begin(), lanes.end(), std::size_t{0});
}

}  // namespace

ObservationResources::ObservationResources(const Capacity& capacity)
    : queue_([this](std::function<void()> job) {
        readers_.submit([job = std::move(job)](const std::stop_token&) { job(); });
      }),
      readers_(capacity.readers),
      consoles_(capacity.consoles),
      handshakes_(capacity.handshakes),
      prober_(readers_, max_sweeps()) {}

void ObservationResources::stop() {
  prober_.stop();
  readers_.stop();
  consoles_.stop();
  handshakes_.stop();
}

}  // namespace mex::cluster
