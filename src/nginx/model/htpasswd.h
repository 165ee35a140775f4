#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nginx/model/instance.h"

namespace mex::nginx {

struct HtpasswdContent {
  std::vector<User> users;            // the first of each name
  std::vector<std::string> problems;  // "line 3: …", without anything of what stands there
};

// The lines "name:hash" of Apache's htpasswd that nginx can check, but for passwords in the clear
// and what crypt(3) had before there was MD5. Pure.
HtpasswdContent parse_htpasswd(std::string_view text);

// A file of users that somebody else writes, as the original's nginx.htpasswd. It is followed: who
// is in it comes in, who is taken out of it does not. Thread-safe.
class HtpasswdFile {
 public:
  // The first of `paths` that exists counts. A symbolic link, and one that anybody may write or
  // whose owner is neither root nor us, is not believed.
  explicit HtpasswdFile(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  HtpasswdFile(const HtpasswdFile&) = delete;
  HtpasswdFile& operator=(const HtpasswdFile&) = delete;

  // Looks whether the file has changed; a fault in it is logged once. The users say which file they
  // are of.
  std::vector<User> users();

 private:
  const std::vector<std::string> paths_;
  std::mutex mutex_;
  std::string version_;  // of the file that `users_` were read from
  std::vector<User> users_;
};

}  // namespace mex::nginx
