#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/descriptor.h"
#include "base/random_id.h"
#include "base/status.h"

namespace mex::base {
namespace {

absl::Status write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno_status(errno, "write");
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status write_and_sync(const std::string& path, std::string_view content, mode_t mode) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.get() < 0) return errno_status(errno, path);
  MEX_RETURN_IF_ERROR(annotate(write_all(file.get(), content), path));
  // The mode given to open() is cut by the umask.
  if (fchmod(file.get(), mode) != 0) return errno_status(errno, path);
  if (fsync(file.get()) != 0) return errno_status(errno, path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> read_file(const std::string& path, std::size_t limit) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return errno_status(errno, path);
  std::string content;
  std::array<char, 16384> chunk;
  for (;;) {
    const ssize_t got = read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_status(errno, path);
    if (got == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(got));
    if (content.size() > limit) {
      return error(absl::StatusCode::kResourceExhausted, "{}: larger than {} bytes", path, limit);
    }
  }
}

absl::Status write_file_atomically(const std::string& path, std::string_view content, mode_t mode) {
  const std::string temporary = fmt::format("{}.{}", path, random_id(8));
  absl::Status status = write_and_sync(temporary, content, mode);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = errno_status(errno, path);
  }
  if (!status.ok()) {
    unlink(temporary.c_str());
    return status;
  }
  std::string directory = std::filesystem::path(path).parent_path();
  if (directory.empty()) directory = ".";
  const Descriptor parent(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() < 0) return errno_status(errno, directory);
  if (fsync(parent.get()) != 0) return errno_status(errno, directory);
  return absl::OkStatus();
}

absl::Status make_directories(const std::string& path, mode_t mode) {
  const std::filesystem::path target(path);
  std::filesystem::path partial;
  for (const auto& component : target) {
    partial /= component;
    if (mkdir(partial.c_str(), mode) != 0 && errno != EEXIST) {
      return errno_status(errno, partial.string());
    }
  }
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return errno_status(errno, path);
  if (!S_ISDIR(info.st_mode)) {
    return error(absl::StatusCode::kFailedPrecondition, "{}: is not a directory", path);
  }
  return absl::OkStatus();
}

}  // namespace mex::base
