#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/child_account.h"

// Where a launcher starts nginx (base/launcher_client.h), an instance's nginx is of another user
// than the agent: what that one may do in the instance's directory.
namespace mex::nginx {

// With which rights the nginx of an instance was started; kept in its directory, so that the next
// agent knows its processes by it. All instances have one user; each has its own group, so
// that none can look into the memory or the files of another.
struct InstanceAccount {
  gid_t group = 0;
  bool binds_low_ports = false;
};

inline constexpr const char* kAccountFile = "account";

// NotFound: no nginx was started by a launcher in that directory.
absl::StatusOr<InstanceAccount> read_account(const std::string& directory);
absl::Status write_account(const std::string& directory, const InstanceAccount& account);

// The groups of all instances below `root`, and whose they are.
absl::StatusOr<std::map<gid_t, std::string>> instance_groups(const std::string& root);

// A group that no other instance below `root` has.
absl::StatusOr<gid_t> unused_group(const std::string& root);

// Lets nginx's user read all that the agent has put into the directory, write the logs and make
// further files there; it can neither change nor replace what is the agent's, and no other user
// gets as far, for the directory above is closed. FailedPrecondition: the machine has no such user.
absl::Status share_with_nginx(const std::string& directory);

// An empty log that nginx's user writes and the agent may empty.
absl::Status share_log(const std::string& path);

// Removes what nginx's user has made there and the agent may not remove.
void remove_files_of_nginx(const std::string& directory);

}  // namespace mex::nginx
