#pragma once

// A group of origins "http://o0", "http://o1", … with a balancer, in virtual time.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "proxy/balance/balanced_origins.h"
#include "proxy/balance/balancer.h"

namespace mex::proxy::balance::testing {

using std::chrono::seconds;

class BalanceTest : public ::testing::Test {
 protected:
  void make(const std::vector<int>& weights) {
    options_.origins.clear();
    for (std::size_t i = 0; i < weights.size(); ++i)
      add("http://o" + std::to_string(i), weights[i]);
    renew();
  }
  void add(const std::string& url, int weight = 1) {
    options_.origins.push_back({url, weight, "id-" + url.substr(7)});
  }
  void renew() {
    auto next = std::make_unique<BalancedOrigins>(options_, group_.get(), now_);
    balancer_ = std::make_unique<Balancer>(*next, 0);
    group_ = std::move(next);
  }

  Pick pick(PickRequest request = {}) {
    request.now = now_;
    return balancer_->pick(request);
  }
  // The origin of a request that is over at once; its outcome is not reported.
  std::size_t pick_index(PickRequest request = {}) {
    const Pick picked = pick(request);
    EXPECT_EQ(picked.result, Pick::Result::Found);
    end(picked);
    return picked.index;
  }
  void end(const Pick& picked) { state(picked.index).end_request(); }

  void report(std::size_t index, Outcome outcome, bool is_trial = false) {
    group_->report(index, outcome, 7, is_trial, now_);
  }
  void fail(std::size_t index, int times) {
    for (int i = 0; i < times; ++i) report(index, Outcome::Failure);
  }
  OriginState& state(std::size_t index) { return *group_->members()[index].state; }
  Availability availability(std::size_t index) { return state(index).availability(now_); }

  std::vector<int> count_picks(int picks) {
    std::vector<int> counts(group_->size());
    for (int i = 0; i < picks; ++i) ++counts[pick_index()];
    return counts;
  }
  // 10,000 picks are within 5 % of the weights.
  void expect_shares(const std::vector<int>& weights) {
    constexpr int kPicks = 10'000;
    int total = 0;
    for (const int weight : weights) total += weight;
    const std::vector<int> counts = count_picks(kPicks);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double expected = static_cast<double>(kPicks) * weights[i] / total;
      EXPECT_NEAR(counts[i], expected, expected * 0.05) << "origin " << i;
    }
  }

  OriginSetOptions options_;
  base::SteadyTime now_{std::chrono::hours(100)};
  std::unique_ptr<BalancedOrigins> group_;
  std::unique_ptr<Balancer> balancer_;
};

}  // namespace mex::proxy::balance::testing
