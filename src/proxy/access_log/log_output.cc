#include "proxy/access_log/log_output.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mex::proxy {
namespace {

constexpr mode_t kMode = 0640;

}  // namespace

OutputFault output_fault_of(int error_number) {
  switch (error_number) {
    case 0:
      return OutputFault::None;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return OutputFault::NoSpace;
    case EACCES:
    case EPERM:
    case EROFS:
      return OutputFault::NoPermission;
    case ENOENT:
    case ENOTDIR:
      return OutputFault::NoDirectory;
    case EISDIR:
      return OutputFault::IsDirectory;
    case ENXIO:
    case EPIPE:
      return OutputFault::NoReader;
    case EAGAIN:
      return OutputFault::Blocked;
    default:
      return OutputFault::Other;
  }
}

std::string_view to_string(OutputFault fault) {
  switch (fault) {
    case OutputFault::None:
      return "none";
    case OutputFault::NoSpace:
      return "no_space";
    case OutputFault::NoPermission:
      return "no_permission";
    case OutputFault::NoDirectory:
      return "no_directory";
    case OutputFault::IsDirectory:
      return "is_directory";
    case OutputFault::NoReader:
      return "no_reader";
    case OutputFault::Blocked:
      return "blocked";
    case OutputFault::Other:
      break;
  }
  return "other";
}

LogOutput::LogOutput(std::string path) : path_(path == "-" || path == "stdout" ? "" : path) {}

// Not blocking: a pipe without a reader would stop the open(2) itself.
int LogOutput::open() {
  if (path_.empty()) {
    file_.reset(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
  } else {
    file_.reset(::open(path_.c_str(),
                       O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, kMode));
  }
  if (!file_.valid()) return errno;
  struct stat status {};
  is_regular_ = fstat(file_.get(), &status) == 0 && S_ISREG(status.st_mode);
  return 0;
}

LogOutput::Result LogOutput::write(std::string_view text) {
  if (!file_.valid()) {
    if (const int error_number = open(); error_number != 0) return {0, error_number};
  }
  Result sum;
  while (sum.bytes < text.size()) {
    const Result piece = write_piece(text.substr(sum.bytes));
    sum.bytes += piece.bytes;
    if (piece.error_number == 0) continue;
    sum.error_number = piece.error_number;
    // What is behind it may have changed: the reader of a pipe is another one, a disk is mounted.
    if (piece.error_number != EAGAIN && piece.error_number != ENOSPC) reopen();
    break;
  }
  return sum;
}

// The standard output is shared with others, so it is not made non-blocking: what a pipe that is
// ready takes at once is written.
LogOutput::Result LogOutput::write_piece(std::string_view text) {
  if (!is_regular_) {
    pollfd ready{.fd = file_.get(), .events = POLLOUT, .revents = 0};
    if (poll(&ready, 1, 0) == 0) return {0, EAGAIN};
    text = text.substr(0, PIPE_BUF);
  }
  const ssize_t written = ::write(file_.get(), text.data(), text.size());
  if (written >= 0) return {static_cast<std::size_t>(written), 0};
  return errno == EINTR ? Result{} : Result{0, errno};
}

void LogOutput::reopen() { file_.reset(); }

bool LogOutput::is_replaced() const {
  struct stat named {};
  struct stat opened {};
  if (path_.empty() || !file_.valid()) return false;
  if (stat(path_.c_str(), &named) != 0 || fstat(file_.get(), &opened) != 0) return false;
  return named.st_dev != opened.st_dev || named.st_ino != opened.st_ino;
}

}  // namespace mex::proxy
