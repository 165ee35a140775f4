#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/descriptor.h"

namespace mex::certificates {

// The directories in which a change can make `path` another file: where it lies, and where a
// symbolic link on the way to it lies (as a Kubernetes secret and certbot's "live" are made of). Of
// what is not there, the last directory that is. Without duplicates.
std::vector<std::string> directories_on_the_way(const std::string& path);

// Waits until files may have changed, however that is done: written in place, renamed over, made,
// removed, or led elsewhere by a symbolic link (inotify(7)). For one thread, apart from wake().
class PathWatch {
 public:
  // Fails only if the kernel grants no descriptor at all.
  static absl::StatusOr<std::unique_ptr<PathWatch>> open();

  // No change is reported, because all of the user's inotify instances are taken
  // (fs.inotify.max_user_instances): the caller has to look from time to time.
  bool is_blind() const { return !inotify_.valid(); }

  // These paths from now on; they need not exist. To be called again after each change, before the
  // files are read: the way to them may be another one. What cannot be watched (the kernel's limit,
  // rights) is left out.
  void use(const std::vector<std::string>& paths);

  enum class Event { Changed, Woken, Deadline };
  Event wait(base::SteadyTime deadline);

  // Ends one wait(), the present one or the next. Any thread.
  void wake();

 private:
  PathWatch(base::Descriptor inotify, base::Descriptor wakeup);
  bool take_events();

  const base::Descriptor inotify_;
  const base::Descriptor wakeup_;
  std::map<std::string, int> watched_;  // directory to inotify's number for it
};

}  // namespace mex::certificates
