#include "nginx/runtime/process/instance_account.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <random>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/child_process.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/file.h"
#include "base/status.h"

namespace mex::nginx {
namespace {

constexpr std::string_view kLowPorts = "low-ports";
// The directory's owner alone may remove or rename what is the owner's (the sticky bit).
constexpr mode_t kDirectoryMode = 01770;
constexpr mode_t kTemporaryMode = 0770;
constexpr mode_t kFileMode = 0640;
constexpr mode_t kLogMode = 0660;
constexpr std::chrono::seconds kRemovalTimeout{20};

absl::StatusOr<gid_t> group_of_nginx() {
  const auto account = base::named_account(base::ChildRole::Nginx);
  if (account) return account->group;
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "there is no user {}, as which nginx is to run",
                     base::account_name(base::ChildRole::Nginx));
}

// Of a file of the agent's, by its descriptor: names in a directory that others may write mean
// nothing.
absl::Status give(int file, const std::string& path, gid_t group, mode_t mode) {
  if (fchown(file, static_cast<uid_t>(-1), group) != 0 || fchmod(file, mode) != 0) {
    return base::errno_status(errno, path);
  }
  return absl::OkStatus();
}

absl::Status give_directory(const std::string& path, gid_t group, mode_t mode) {
  const base::Descriptor directory(
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.valid()) return base::errno_status(errno, path);
  return give(directory.get(), path, group, mode);
}

bool is_log(const std::string& name) { return name.find(".log") != std::string::npos; }

}  // namespace

absl::StatusOr<InstanceAccount> read_account(const std::string& directory) {
  MEX_ASSIGN_OR_RETURN(const std::string text, base::read_file(directory + "/" + kAccountFile, 64));
  const std::vector<std::string> words = absl::StrSplit(text, absl::ByAnyChar(" \n"));
  InstanceAccount account;
  if (absl::SimpleAtoi(words.front(), &account.group) && base::is_private_group(account.group)) {
    account.binds_low_ports = words.size() > 1 && words[1] == kLowPorts;
    return account;
  }
  return base::error(absl::StatusCode::kNotFound, "{}/{}: is not as it was written", directory,
                     kAccountFile);
}

absl::Status write_account(const std::string& directory, const InstanceAccount& account) {
  return base::write_file_atomically(
      directory + "/" + kAccountFile,
      fmt::format("{} {}\n", account.group, account.binds_low_ports ? kLowPorts : ""), 0600);
}

absl::StatusOr<std::map<gid_t, std::string>> instance_groups(const std::string& root) {
  std::map<gid_t, std::string> groups;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
    const auto account = read_account(entry.path().string());
    if (account.ok()) groups.emplace(account->group, entry.path().filename().string());
  }
  if (error) return base::errno_status(error.value(), root);
  return groups;
}

absl::StatusOr<gid_t> unused_group(const std::string& root) {
  MEX_ASSIGN_OR_RETURN(const auto used, instance_groups(root));
  // By chance, so that what an instance of another agent has is not met either.
  std::random_device random;
  std::uniform_int_distribution<gid_t> choose(base::kFirstPrivateGroup, base::kLastPrivateGroup);
  gid_t group = choose(random);
  while (used.contains(group)) group = choose(random);
  return group;
}

absl::Status share_with_nginx(const std::string& directory) {
  MEX_ASSIGN_OR_RETURN(const gid_t group, group_of_nginx());
  MEX_RETURN_IF_ERROR(give_directory(directory, group, kDirectoryMode));
  MEX_RETURN_IF_ERROR(give_directory(directory + "/temporary", group, kTemporaryMode));
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name == kAccountFile || is_log(name)) continue;
    const std::string path = entry.path().string();
    const base::Descriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat info {};
    const bool is_own = file.valid() && fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode) &&
                        info.st_uid == geteuid();
    if (is_own) MEX_RETURN_IF_ERROR(give(file.get(), path, group, kFileMode));
  }
  return error ? base::errno_status(error.value(), directory) : absl::OkStatus();
}

absl::Status share_log(const std::string& path) {
  MEX_ASSIGN_OR_RETURN(const gid_t group, group_of_nginx());
  const base::Descriptor log(open(
      path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!log.valid()) return base::errno_status(errno, path);
  return give(log.get(), path, group, kLogMode);
}

void remove_files_of_nginx(const std::string& directory) {
  const base::ChildCommand command{.arguments = {"/usr/bin/find", ".", "-mindepth", "1", "-delete"},
                                   .environment = {},
                                   .input = "",
                                   .directory = directory,
                                   .privileges = {.role = base::ChildRole::Nginx}};
  // It may not remove what is the agent's, and says so.
  base::run_child(command, {base::system_clock().steady_now() + kRemovalTimeout})
      .status()
      .IgnoreError();
}

}  // namespace mex::nginx
