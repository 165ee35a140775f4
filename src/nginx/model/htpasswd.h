#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "nginx/model/user.h"

namespace mex::nginx {

struct HtpasswdContent {
  std::vector<User> users;            // the first of each name
  std::vector<std::string> problems;  // "line 3: …", without the content of the line
};

// The lines "name:hash" of Apache's htpasswd that nginx can check, except for passwords in the
// clear and the hashes that crypt(3) had before MD5. Pure.
HtpasswdContent parse_htpasswd(std::string_view text);

// A file of users that another program writes, such as the original's nginx.htpasswd. Each look at
// it has what the file has then. Thread-safe.
class HtpasswdFile {
 public:
  // The first of `paths` that exists counts. A symbolic link is not trusted, and neither is a file
  // that every user may write or whose owner is neither root nor this process's user.
  explicit HtpasswdFile(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  HtpasswdFile(const HtpasswdFile&) = delete;
  HtpasswdFile& operator=(const HtpasswdFile&) = delete;

  // Reads the file again if it has changed; a fault in it is logged once. User::file is set.
  std::vector<User> users();

 private:
  const std::vector<std::string> paths_;
  base::Mutex mutex_;
  // Of the file that `users_` were read from.
  std::string version_ ABSL_GUARDED_BY(mutex_);
  std::vector<User> users_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::nginx
