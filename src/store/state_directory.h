#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mex::store {

// The directory that holds everything that lasts, owned by this process alone while the
// object exists: mode 0700, and locked against a second agent (also one started by mistake).
class StateDirectory {
 public:
  static constexpr const char* kDatabaseName = "/state.db";
  static constexpr const char* kLockName = "/lock";
  // There as long as a restore has not put everything in its place.
  static constexpr const char* kRestoringName = "/restoring";

  // Makes the directory if need be.
  //   FailedPrecondition  another process holds it, or it is open to other users and holds files
  //                       that are not ours (then it is not our place to change its mode), or a
  //                       restore into it did not come to its end
  static absl::StatusOr<StateDirectory> open(const std::string& path);

  StateDirectory(StateDirectory&& other) noexcept;
  StateDirectory& operator=(StateDirectory&& other) noexcept;
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;
  ~StateDirectory();

  const std::string& path() const { return path_; }
  std::string database_path() const { return path_ + kDatabaseName; }

  // Makes new names in the directory survive a crash of the machine.
  absl::Status sync() const;

 private:
  StateDirectory(std::string path, int lock_fd);

  std::string path_;
  int lock_fd_;
};

// The file of the agent's own key (sealer.h) in a state directory.
std::string sealing_key_path(const std::string& state_directory);

}  // namespace mex::store
