#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "absl/status/statusor.h"
#include "openstack/call_context.h"
#include "openstack/token.h"

namespace mex::openstack {

// Holds the session's token and has it renewed. Thread-safe. Of several threads that need a new
// token one fetches it and the others wait for the result, be it good or bad, so that a wrong
// password is tried once and not once per thread.
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
  absl::StatusOr<TokenPointer> fetch_alone(std::unique_lock<std::mutex>& lock,
                                           const CallContext& context);
  // What a fetch that ended with `failure` leaves to use: Keystone may be away while the old token
  // is still good for a while. With the lock held.
  absl::StatusOr<TokenPointer> after(const absl::Status& failure) const;

  const Fetch fetch_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  TokenPointer current_;
  bool fetching_ = false;
  std::uint64_t fetches_ended_ = 0;
  absl::Status last_result_;  // of the fetch that ended last
};

}  // namespace mex::openstack
