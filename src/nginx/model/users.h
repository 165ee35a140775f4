#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/secret.h"
#include "nginx/model/htpasswd.h"
#include "nginx/model/user.h"

namespace mex::store {
class Store;
}

namespace mex::nginx {

// The users of instances that ask for a password: names and bcrypt hashes, kept in the store
// (`/nginx-users/<name>`), and those of an htpasswd file. Thread-safe; calls wait for the disk.
class Users {
 public:
  // `store` outlives this object; `files` as HtpasswdFile takes them.
  explicit Users(store::Store& store, std::vector<std::string> files = {})
      : store_(store), file_(std::move(files)) {}
  Users(const Users&) = delete;
  Users& operator=(const Users&) = delete;

  // A new user, or a new password of one. InvalidArgument names "name" or "password".
  absl::Status put(const std::string& name, const base::Secret& password);
  // NotFound; FailedPrecondition: only the file has it.
  absl::Status remove(const std::string& name);
  // Sorted by name. A name in the store goes before the same one in the file. One whose record
  // cannot be read is set aside and left out.
  absl::StatusOr<std::vector<User>> list() const;

 private:
  store::Store& store_;
  mutable HtpasswdFile file_;
};

// By crypt(3), with which nginx checks. `password` has at most 72 bytes: bcrypt ignores more.
absl::StatusOr<std::string> bcrypt(const base::Secret& password);

}  // namespace mex::nginx
