#include "store/state_directory.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/file.h"
#include "base/status.h"

namespace mex::store {
namespace {

constexpr mode_t kOwnerOnly = 0700;
constexpr std::chrono::seconds kForLeftChildren{5};
constexpr std::chrono::milliseconds kBetweenAttempts{10};

bool has_foreign_files(const std::string& path) {
  std::error_code ignored;
  const bool is_empty = std::filesystem::is_empty(path, ignored);
  return !is_empty && !std::filesystem::exists(path + StateDirectory::kLockName, ignored);
}

absl::Status close_to_others(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return base::errno_status(errno, path);
  if ((info.st_mode & 077U) == 0) return absl::OkStatus();
  if (has_foreign_files(path)) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "state directory {}: is open to other users (mode {:04o}) and holds other "
                       "files; choose another directory or chmod it to 0700",
                       path, info.st_mode & 07777U);
  }
  if (chmod(path.c_str(), kOwnerOnly) != 0) return base::errno_status(errno, path);
  return absl::OkStatus();
}

std::string holder_text(const std::string& lock_path) {
  const auto content = base::read_file(lock_path, 64);
  if (!content.ok() || content->empty()) return {};
  return fmt::format(" (process {})", *content);
}

// A process that was killed may leave children behind which it had forked and which have not come
// to exec() yet: for a moment they have its lock.
bool is_left_by_dead_process(const std::string& lock_path) {
  const auto content = base::read_file(lock_path, 64);
  pid_t holder = 0;
  if (!content.ok() || !absl::SimpleAtoi(*content, &holder) || holder <= 0) return false;
  return kill(holder, 0) != 0 && errno == ESRCH;
}

// As flock(), but for such a moment.
bool try_lock(int fd, const std::string& lock_path) {
  const auto end = std::chrono::steady_clock::now() + kForLeftChildren;
  for (;;) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK) return false;
    const bool is_over = std::chrono::steady_clock::now() > end;
    if (is_over || !is_left_by_dead_process(lock_path)) {
      errno = EWOULDBLOCK;
      return false;
    }
    std::this_thread::sleep_for(kBetweenAttempts);
  }
}

absl::StatusOr<int> lock(const std::string& path) {
  const std::string lock_path = path + StateDirectory::kLockName;
  const int fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return base::errno_status(errno, lock_path);
  absl::Status status;
  if (!try_lock(fd, lock_path)) {
    status = errno == EWOULDBLOCK ? base::error(absl::StatusCode::kFailedPrecondition,
                                                "state directory {}: is in use by another agent{}",
                                                path, holder_text(lock_path))
                                  : base::errno_status(errno, lock_path);
  } else {
    const std::string pid = std::to_string(getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
      status = base::errno_status(errno, lock_path);
    }
  }
  if (status.ok()) return fd;
  close(fd);
  return status;
}

}  // namespace

absl::StatusOr<StateDirectory> StateDirectory::open(const std::string& path) {
  MEX_RETURN_IF_ERROR(base::annotate(base::make_directories(path, kOwnerOnly), "state directory"));
  MEX_RETURN_IF_ERROR(close_to_others(path));
  MEX_ASSIGN_OR_RETURN(const int lock_fd, lock(path));
  StateDirectory directory(path, lock_fd);
  if (!std::filesystem::exists(path + kRestoringName)) return directory;
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "state directory {}: a restore into it did not come to its end; empty it, and "
                     "restore again",
                     path);
}

StateDirectory::StateDirectory(std::string path, int lock_fd)
    : path_(std::move(path)), lock_fd_(lock_fd) {}

StateDirectory::StateDirectory(StateDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

StateDirectory& StateDirectory::operator=(StateDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_fd_, other.lock_fd_);
  return *this;
}

// The lock goes with the descriptor: nothing has to be undone after a crash. Here it is given up in
// words, for a child that is between fork() and exec() has the descriptor, too.
StateDirectory::~StateDirectory() {
  if (lock_fd_ < 0) return;
  flock(lock_fd_, LOCK_UN);
  close(lock_fd_);
}

absl::Status StateDirectory::sync() const {
  const int fd = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return base::errno_status(errno, path_);
  const absl::Status status = fsync(fd) == 0 ? absl::OkStatus() : base::errno_status(errno, path_);
  close(fd);
  return status;
}

std::string sealing_key_path(const std::string& state_directory) {
  return state_directory + "/sealing.key";
}

}  // namespace mex::store
