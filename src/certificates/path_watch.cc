#include "certificates/path_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "base/status.h"

namespace mex::certificates {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // as the kernel's own limit (path_resolution(7))
constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                   IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

// Follows `path` as the kernel does and notes where it depends on what a directory says.
class Walk {
 public:
  explicit Walk(const std::string& path) : at_("/") {
    push_front(fs::absolute(path).relative_path());
  }

  std::vector<std::string> directories() {
    while (!left_.empty() && step()) {
    }
    return {found_.begin(), found_.end()};
  }

 private:
  void push_front(const fs::path& path) { left_.insert(left_.begin(), path.begin(), path.end()); }

  // False when nothing lies behind.
  bool step() {
    const fs::path name = left_.front();
    left_.pop_front();
    if (name.empty() || name == ".") return true;
    if (name == "..") {
      at_ = at_.parent_path();
      return true;
    }
    std::error_code problem;
    const fs::path next = at_ / name;
    const fs::file_status status = fs::symlink_status(next, problem);
    const bool is_link = status.type() == fs::file_type::symlink;
    if (is_link || left_.empty() || !fs::exists(status)) found_.insert(at_);
    if (is_link) return follow(fs::read_symlink(next, problem));
    at_ = next;
    return fs::is_directory(status);
  }

  bool follow(const fs::path& target) {
    if (target.empty() || ++links_ > kMaxLinks) return false;
    if (target.is_absolute()) at_ = "/";
    push_front(target.relative_path());
    return true;
  }

  fs::path at_;
  std::deque<fs::path> left_;
  std::set<std::string> found_;
  int links_ = 0;
};

std::set<std::string> directories_of(const std::vector<std::string>& paths) {
  std::set<std::string> all;
  for (const std::string& path : paths) {
    for (std::string& directory : directories_on_the_way(path)) all.insert(std::move(directory));
  }
  return all;
}

int milliseconds_until(base::SteadyTime deadline) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000'000));
}

}  // namespace

std::vector<std::string> directories_on_the_way(const std::string& path) {
  return Walk(path).directories();
}

PathWatch::PathWatch(base::Descriptor inotify, base::Descriptor wakeup)
    : inotify_(std::move(inotify)), wakeup_(std::move(wakeup)) {}

absl::StatusOr<std::unique_ptr<PathWatch>> PathWatch::open() {
  base::Descriptor wakeup(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeup.valid()) return base::errno_status(errno, "eventfd");
  base::Descriptor inotify(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  return std::unique_ptr<PathWatch>(new PathWatch(std::move(inotify), std::move(wakeup)));
}

void PathWatch::use(const std::vector<std::string>& paths) {
  if (is_blind()) return;
  // The way may change between the look at it and the watch: again until it is the same.
  std::set<std::string> wanted;
  for (std::set<std::string> seen = directories_of(paths); seen != wanted;
       seen = directories_of(paths)) {
    wanted = std::move(seen);
    for (const std::string& directory : wanted) {
      // Again for those that are watched: the name may stand for another directory by now.
      const int number =
          inotify_add_watch(inotify_.get(), directory.c_str(), kChanges | IN_ONLYDIR);
      if (number >= 0) watched_[directory] = number;
    }
  }
  std::set<int> kept;
  for (const std::string& directory : wanted) {
    if (const auto found = watched_.find(directory); found != watched_.end()) {
      kept.insert(found->second);
    }
  }
  std::erase_if(watched_, [&](const auto& each) {
    if (wanted.contains(each.first)) return false;
    if (!kept.contains(each.second)) inotify_rm_watch(inotify_.get(), each.second);
    return true;
  });
}

PathWatch::Event PathWatch::wait(base::SteadyTime deadline) {
  for (;;) {
    std::array<pollfd, 2> waiting{{{inotify_.get(), POLLIN, 0}, {wakeup_.get(), POLLIN, 0}}};
    const int ready = poll(waiting.data(), waiting.size(), milliseconds_until(deadline));
    if (ready < 0) continue;  // EINTR
    if (ready == 0) return Event::Deadline;
    std::uint64_t count = 0;
    if (::read(wakeup_.get(), &count, sizeof count) == sizeof count) return Event::Woken;
    if (take_events()) return Event::Changed;
  }
}

// False if they only say that a watch is gone, as after inotify_rm_watch().
bool PathWatch::take_events() {
  bool has_changed = false;
  alignas(inotify_event) std::array<char, 16384> space;
  for (;;) {
    const ssize_t length = ::read(inotify_.get(), space.data(), space.size());
    if (length <= 0) return has_changed;
    for (ssize_t at = 0; at < length;) {
      const auto* event = reinterpret_cast<const inotify_event*>(space.data() + at);
      has_changed = has_changed || (event->mask & IN_IGNORED) == 0;
      at += static_cast<ssize_t>(sizeof *event + event->len);
    }
  }
}

void PathWatch::wake() {
  const std::uint64_t one = 1;
  // Fails only if it is full of wake-ups already.
  [[maybe_unused]] const ssize_t written = write(wakeup_.get(), &one, sizeof one);
}

}  // namespace mex::certificates
