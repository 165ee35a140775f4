#pragma once

#include <sys/stat.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "access/token_table.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace mex::access {

// The tokens of the API as they are in two files of the state directory: `api.token`, which is made
// where there is none, and `api.tokens`, the operator's own with names (see add_tokens). Both are
// read again when they have changed, at the next call that shows a token, so that a token comes and
// goes without a restart. What cannot be used is logged, and no one gets in by it.
//
// Thread-safe. A call that shows a token asks for the state of two files.
class ApiTokens {
 public:
  // `clock` outlives this object.
  explicit ApiTokens(std::string state_dir, const base::Clock& clock = base::system_clock());
  ApiTokens(const ApiTokens&) = delete;
  ApiTokens& operator=(const ApiTokens&) = delete;

  // The name of the token that was shown: Unauthenticated if there is none, or if its time is over.
  absl::StatusOr<std::string> check(std::string_view token);

  // Whatever the files say of themselves.
  void reread();

  // What is wrong with the files.
  absl::Status status() const;

 private:
  // By which a file is known to be the same.
  struct Stamp {
    bool is_there = false;
    ino_t file = 0;
    off_t size = 0;
    mode_t mode = 0;
    std::array<std::int64_t, 4> times{};  // of its content and of its inode

    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::array<Stamp, 2>;

  Stamps stamps() const;
  void read(Stamps now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string state_dir_;
  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  Stamps stamps_ ABSL_GUARDED_BY(mutex_);
  TokenTable table_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::access
