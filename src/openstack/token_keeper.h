#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "openstack/call_context.h"
#include "openstack/token.h"

namespace mex::openstack {

// Holds the session's token and has it renewed. Thread-safe. Of several threads that need a new
// token one fetches it and the others wait for the result, be it good or bad, so that a wrong
// password is tried once and not once per thread. After a log-in that was refused the refusal holds
// for a while, ever longer: there are many that need a token, and accounts get locked.
class TokenKeeper {
 public:
  using TokenPointer = std::shared_ptr<const Token>;
  using Fetch = std::function<absl::StatusOr<TokenPointer>(const CallContext&)>;

  // `fetch` logs in; `clock` outlives the keeper.
  TokenKeeper(Fetch fetch, const base::Clock& clock);

  // A token that is good as far as is known.
  absl::StatusOr<TokenPointer> get(const CallContext& context);

  // Says that a service refused `token`: it is not given out again.
  void reject(const TokenPointer& token);

 private:
  // Takes the result of a fetch and wakes those that wait for it.
  absl::StatusOr<TokenPointer> keep(absl::StatusOr<TokenPointer> fetched)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What a fetch that ended with `failure` leaves to use: Keystone may be away while the old token
  // is still good for a while.
  absl::StatusOr<TokenPointer> after(const absl::Status& failure) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Fetch fetch_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  base::CondVar changed_;
  TokenPointer current_ ABSL_GUARDED_BY(mutex_);
  bool is_fetching_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t fetches_ended_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status last_result_ ABSL_GUARDED_BY(mutex_);  // of the fetch that ended last
  int refusals_ ABSL_GUARDED_BY(mutex_) = 0;          // in a row
  base::SteadyTime refused_until_ ABSL_GUARDED_BY(mutex_){};
};

}  // namespace mex::openstack
