#include "api/live_calls.h"

#include <chrono>
#include <utility>

namespace mex::api {
namespace {

constexpr std::chrono::milliseconds kLookInterval{100};

}  // namespace

LiveCalls::LiveCalls() : thread_([this](const std::stop_token& stopping) { watch(stopping); }) {}

LiveCalls::~LiveCalls() {
  thread_.request_stop();
  thread_.join();
  base::MutexLock lock(mutex_);
  changed_.wait(lock, [this] {
    mutex_.assert_held();
    return calls_.empty();
  });
}

void LiveCalls::add(std::shared_ptr<LiveCall> call) {
  const base::MutexLock lock(mutex_);
  numbers_.emplace(call.get(), next_);
  calls_.emplace(next_, std::move(call));
  ++next_;
  changed_.notify_all();
}

void LiveCalls::remove(const LiveCall& call) {
  std::shared_ptr<LiveCall> removed;  // destroyed after the lock is given back
  const base::MutexLock lock(mutex_);
  const auto number = numbers_.find(&call);
  const auto found = calls_.find(number->second);
  removed = std::move(found->second);
  calls_.erase(found);
  numbers_.erase(number);
  changed_.notify_all();
}

std::size_t LiveCalls::size() const {
  const base::MutexLock lock(mutex_);
  return calls_.size();
}

std::vector<std::shared_ptr<LiveCall>> LiveCalls::all() const {
  const base::MutexLock lock(mutex_);
  std::vector<std::shared_ptr<LiveCall>> all;
  all.reserve(calls_.size());
  for (const auto& [number, call] : calls_) all.push_back(call);
  return all;
}

void LiveCalls::watch(const std::stop_token& stopping) {
  while (!stopping.stop_requested()) {
    {
      base::MutexLock lock(mutex_);
      changed_.wait(lock, stopping, [this] {
        mutex_.assert_held();
        return !calls_.empty();
      });
      changed_.wait_until(lock, stopping, std::chrono::steady_clock::now() + kLookInterval,
                          [] { return false; });
    }
    const base::SteadyTime now = std::chrono::steady_clock::now();
    for (const auto& call : all()) call->check_deadline(now);
  }
}

}  // namespace mex::api
