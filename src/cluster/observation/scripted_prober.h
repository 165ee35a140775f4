#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "cluster/observation/virtual_time.h"
#include "kubernetes/prober.h"

namespace mex::cluster {

// For tests: API servers in virtual time, known by the clients that ask them.
class ScriptedProber final : public kubernetes::Prober {
 public:
  static constexpr std::chrono::milliseconds kLatency{20};

  // What a server says; nothing if it is silent.
  using Answer = std::function<std::optional<kubernetes::ProbeResult>()>;

  explicit ScriptedProber(VirtualTime& time) : time_(time) {}

  std::shared_ptr<kubernetes::Client> add_server(Answer answer) {
    auto client = std::make_shared<kubernetes::Client>(kubernetes::ClientOptions{});
    answers_[client.get()] = std::move(answer);
    return client;
  }

  void probe(std::shared_ptr<kubernetes::Client> client, const base::CallLimits& limits,
             Done done) override {
    ++calls_[client.get()];
    most_under_way = std::max(most_under_way, ++under_way_);
    auto result = answers_.at(client.get())();
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(limits.deadline - time_.steady_now());
    const auto delay = result ? kLatency : left;
    if (!result) result.emplace().status = absl::DeadlineExceededError("no answer");
    time_.in_the_world_after(delay, [this, result = *std::move(result), done = std::move(done)] {
      --under_way_;
      done(result);
    });
  }

  void reach(std::shared_ptr<kubernetes::Client> client, const base::CallLimits& limits,
             Reached done) override {
    probe(std::move(client), limits,
          [done = std::move(done)](const kubernetes::ProbeResult& result) { done(result.status); });
  }

  int calls_of(const std::shared_ptr<kubernetes::Client>& client) const {
    const auto found = calls_.find(client.get());
    return found == calls_.end() ? 0 : found->second;
  }
  int calls() const {
    int all = 0;
    for (const auto& [client, count] : calls_) all += count;
    return all;
  }

  std::size_t most_under_way = 0;

 private:
  VirtualTime& time_;
  std::map<const kubernetes::Client*, Answer> answers_;
  std::map<const kubernetes::Client*, int> calls_;
  std::size_t under_way_ = 0;
};

// For tests: the jobs of a pool with one thread in virtual time, each of which takes a while.
class VirtualPool {
 public:
  VirtualPool(VirtualTime& time, std::chrono::milliseconds takes) : time_(time), takes_(takes) {}

  void submit(std::function<void()> job) {
    free_ = std::max(free_, time_.steady_now()) + takes_;
    time_.in_the_world_after(
        std::chrono::duration_cast<std::chrono::milliseconds>(free_ - time_.steady_now()),
        std::move(job));
  }

 private:
  VirtualTime& time_;
  const std::chrono::milliseconds takes_;
  base::SteadyTime free_{};
};

inline kubernetes::ProbeResult ready_answer() {
  kubernetes::ProbeResult result;
  result.health.ready = true;
  return result;
}

}  // namespace mex::cluster
