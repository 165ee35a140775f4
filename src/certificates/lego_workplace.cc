#include "certificates/lego_workplace.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/child_account.h"
#include "base/descriptor.h"
#include "base/file.h"
#include "base/freed.h"
#include "base/launcher_client.h"
#include "base/status.h"

namespace mex::certificates {
namespace {

namespace fs = std::filesystem;

// Beside "acme", lego's own directory.
constexpr const char* kTrust = "ca.pem";
constexpr mode_t kDirectoryMode = 0770;
constexpr mode_t kFileMode = 0660;
// lego keeps accounts/AUTHORITY/EMAIL/keys/FILE.
constexpr int kMaxDepth = 6;
constexpr int kMaxFiles = 10'000;
constexpr std::chrono::seconds kToolTimeout{30};

std::optional<base::Account> lego_account() {
  if (base::launcher() != nullptr) return base::named_account(base::ChildRole::Acme);
  return base::own_identity({.role = base::ChildRole::Acme}).account;
}

// Copies files and directories, and nothing else that may lie there.
absl::Status copy_tree(const base::Descriptor& from, const std::string& to, int depth, int& files) {
  MEX_RETURN_IF_ERROR(base::make_directories(to, 0700));
  const std::unique_ptr<DIR, base::Freed<closedir>> directory(
      fdopendir(openat(from.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  if (directory == nullptr) return base::errno_status(errno, to);
  while (const dirent* entry = readdir(directory.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const base::Descriptor found(
        openat(from.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat info {};
    if (!found.valid() || fstat(found.get(), &info) != 0) continue;
    if (++files > kMaxFiles || depth > kMaxDepth) {
      return base::error(absl::StatusCode::kResourceExhausted, "{}: lego left too much", to);
    }
    const std::string path = fmt::format("{}/{}", to, name);
    if (S_ISDIR(info.st_mode)) {
      MEX_RETURN_IF_ERROR(copy_tree(found, path, depth + 1, files));
    } else if (S_ISREG(info.st_mode) && info.st_nlink == 1) {
      MEX_ASSIGN_OR_RETURN(std::string content,
                           base::read_file(fmt::format("/proc/self/fd/{}", found.get())));
      const base::Secret kept(std::move(content));
      if (base::read_file(path).value_or("") == kept.reveal()) continue;
      MEX_RETURN_IF_ERROR(base::write_file_atomically(path, kept.reveal(), 0600));
    }
  }
  return absl::OkStatus();
}

absl::Status copy_directory(const std::string& from, const std::string& to) {
  const base::Descriptor directory(
      open(from.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.valid()) {
    return errno == ENOENT ? absl::OkStatus() : base::errno_status(errno, from);
  }
  int files = 0;
  return copy_tree(directory, to, 1, files);
}

absl::Status give(const fs::path& path, gid_t group) {
  std::error_code error;
  const mode_t mode = fs::is_directory(path, error) ? kDirectoryMode : kFileMode;
  if (lchown(path.c_str(), static_cast<uid_t>(-1), group) != 0 || chmod(path.c_str(), mode) != 0) {
    return base::errno_status(errno, path.string());
  }
  return absl::OkStatus();
}

}  // namespace

LegoWorkplace::LegoWorkplace(const AcmeOptions& options)
    : options_(options), is_used_(!options.workplace.empty() && lego_account().has_value()) {}

base::ChildCommand LegoWorkplace::as_lego(std::vector<std::string> arguments) const {
  return {.arguments = std::move(arguments),
          .environment = {"PATH=/usr/bin:/bin"},
          .input = "",
          .directory = options_.workplace,
          .privileges = {.role = base::ChildRole::Acme}};
}

void LegoWorkplace::remove() const {
  std::error_code problem;
  if (!is_used_ || !fs::exists(options_.workplace, problem)) return;
  // What lego has made can be removed by lego's user only.
  base::run_child(as_lego({"/usr/bin/find", ".", "-mindepth", "1", "-delete"}),
                  {std::chrono::steady_clock::now() + kToolTimeout})
      .status()
      .IgnoreError();
  fs::remove_all(options_.workplace, problem);
}

absl::Status LegoWorkplace::clear() const {
  if (!is_used_) return absl::OkStatus();
  remove();
  MEX_RETURN_IF_ERROR(base::make_directories(options_.workplace, 0700));
  return give_all();
}

absl::Status LegoWorkplace::give_all() const {
  const auto account = lego_account();
  if (!account) {
    return base::error(absl::StatusCode::kFailedPrecondition, "there is no user {}",
                       base::account_name(base::ChildRole::Acme));
  }
  MEX_RETURN_IF_ERROR(give(options_.workplace, account->group));
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(options_.workplace, error)) {
    MEX_RETURN_IF_ERROR(give(entry.path(), account->group));
  }
  return error ? base::errno_status(error.value(), options_.workplace) : absl::OkStatus();
}

// Only the agent has written there until now, so names mean what they say.
absl::Status LegoWorkplace::fill() const {
  if (!is_used_) return absl::OkStatus();
  const std::string& place = options_.workplace;
  MEX_RETURN_IF_ERROR(base::make_directories(place + "/acme", 0700));
  MEX_RETURN_IF_ERROR(
      copy_directory(lego_directory(options_) + "/accounts", place + "/acme/accounts"));
  if (!options_.ca_file.empty()) {
    MEX_ASSIGN_OR_RETURN(const std::string trust, base::read_file(options_.ca_file));
    MEX_RETURN_IF_ERROR(
        base::write_file_atomically(fmt::format("{}/{}", place, kTrust), trust, 0600));
  }
  return give_all();
}

base::ChildCommand LegoWorkplace::order(const ChallengeOptions& challenge,
                                        const std::vector<std::string>& environment) const {
  if (!is_used_) return lego_order(options_, challenge, environment);
  // All by names below its directory: it cannot go through the ones above.
  AcmeOptions there = options_;
  there.directory = ".";
  if (!there.ca_file.empty()) there.ca_file = kTrust;
  ChallengeOptions proof = challenge;
  const std::string above = options_.workplace + "/";
  if (proof.webroot.starts_with(above)) proof.webroot.erase(0, above.size());
  base::ChildCommand command = lego_order(there, proof, environment);
  command.directory = options_.workplace;
  command.privileges.role = base::ChildRole::Acme;
  return command;
}

absl::Status LegoWorkplace::collect() const {
  std::error_code problem;
  if (!is_used_ || !fs::exists(options_.workplace + "/acme", problem)) return absl::OkStatus();
  // lego makes its files for its own user alone. It may not change what is the agent's.
  MEX_RETURN_IF_ERROR(base::run_child(as_lego({"/bin/chmod", "-R", "--silent", "g+rwX", "."}),
                                      {std::chrono::steady_clock::now() + kToolTimeout})
                          .status());
  for (const char* part : {"/accounts", "/certificates"}) {
    MEX_RETURN_IF_ERROR(
        copy_directory(options_.workplace + "/acme" + part, lego_directory(options_) + part));
  }
  return absl::OkStatus();
}

}  // namespace mex::certificates
