#include "openstack/token_keeper.h"

#include <chrono>
#include <utility>

#include "base/backoff.h"

namespace mex::openstack {
namespace {

constexpr base::Backoff kAfterRefusal{.first = std::chrono::seconds(2),
                                      .max = std::chrono::seconds(60)};

bool is_of_one_caller(const absl::Status& status) {
  return absl::IsCancelled(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

TokenKeeper::TokenKeeper(Fetch fetch, const base::Clock& clock)
    : fetch_(std::move(fetch)), clock_(clock) {}

absl::StatusOr<TokenKeeper::TokenPointer> TokenKeeper::get(const CallContext& context) {
  base::MutexLock lock(mutex_);
  for (;;) {
    if (current_ != nullptr && clock_.steady_now() < current_->renew_at) return current_;
    if (refusals_ > 0 && clock_.steady_now() < refused_until_) return after(last_result_);
    if (!is_fetching_) {
      is_fetching_ = true;
      lock.unlock();
      absl::StatusOr<TokenPointer> fetched = fetch_(context);
      lock.lock();
      return keep(std::move(fetched));
    }
    const std::uint64_t awaited = fetches_ended_ + 1;
    const bool ended = changed_.wait_until(lock, context.stop, context.deadline, [&] {
      mutex_.assert_held();
      return fetches_ended_ >= awaited;
    });
    if (context.stop.stop_requested()) return absl::CancelledError("the call was cancelled");
    if (!ended) return absl::DeadlineExceededError("no token before the deadline");
    // A fetch that ended because of its caller's limits says nothing to the others.
    if (!last_result_.ok() && !is_of_one_caller(last_result_)) return after(last_result_);
  }
}

absl::StatusOr<TokenKeeper::TokenPointer> TokenKeeper::keep(absl::StatusOr<TokenPointer> fetched) {
  is_fetching_ = false;
  ++fetches_ended_;
  last_result_ = fetched.status();
  changed_.notify_all();
  refusals_ = absl::IsUnauthenticated(fetched.status()) ? refusals_ + 1 : 0;
  if (refusals_ > 0) {
    refused_until_ = clock_.steady_now() + base::pause_after(refusals_, kAfterRefusal);
  }
  if (!fetched.ok()) return after(fetched.status());
  current_ = *std::move(fetched);
  return current_;
}

absl::StatusOr<TokenKeeper::TokenPointer> TokenKeeper::after(const absl::Status& failure) const {
  const bool usable = current_ != nullptr && clock_.steady_now() < current_->expires_at;
  if (usable && absl::IsUnavailable(failure)) return current_;
  return failure;
}

void TokenKeeper::reject(const TokenPointer& token) {
  const base::MutexLock lock(mutex_);
  if (current_ == token) current_ = nullptr;
}

}  // namespace mex::openstack
