#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/secret.h"
#include "nginx/model/htpasswd.h"
#include "nginx/model/instance.h"

namespace mex::store {
class Store;
}

namespace mex::nginx {

// Who may come in where an instance asks for a password: names and bcrypt hashes, kept in the store
// (`/nginx-users/<name>`), and those of a file that somebody else writes. Thread-safe; calls wait
// for the disk.
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
  // Sorted by name. A name in the store goes before the same one in the file.
  absl::StatusOr<std::vector<User>> list() const;

 private:
  store::Store& store_;
  mutable HtpasswdFile file_;
};

// As crypt(3) does it, which is what nginx checks with. `password` has at most 72 bytes: bcrypt
// looks at no more.
absl::StatusOr<std::string> bcrypt(const base::Secret& password);

}  // namespace mex::nginx
