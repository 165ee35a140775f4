#include "nginx/model/htpasswd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "nginx/model/grammar.h"

namespace mex::nginx {
namespace {

constexpr std::size_t kMaxProblems = 5;

std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Different after every change.
std::string version_of(const std::string& path, const struct stat& info) {
  return fmt::format("{} {} {} {} {}.{} {} {}", path, info.st_dev, info.st_ino, info.st_size,
                     info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_uid, info.st_mode);
}

std::string_view reason_to_distrust(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return "it is not a file";
  if ((info.st_mode & S_IWOTH) != 0) return "every user may write it";
  if (info.st_uid != 0 && info.st_uid != geteuid()) return "it belongs to another user";
  return "";
}

std::vector<User> refuse(const std::string& path, const absl::Status& why) {
  log::warning("ignoring a file of users", {{"file", path}, {"reason", why}});
  return {};
}

std::vector<User> read(const std::string& path, const base::Descriptor& file,
                       const struct stat& info) {
  if (const std::string_view why = reason_to_distrust(info); !why.empty()) {
    return refuse(path, absl::FailedPreconditionError(std::string(why)));
  }
  // The file that was checked, whatever has the path by now.
  const auto text = base::read_file(fmt::format("/proc/self/fd/{}", file.get()));
  if (!text.ok()) return refuse(path, text.status());
  HtpasswdContent content = parse_htpasswd(*text);
  for (std::size_t i = 0; i < content.problems.size() && i < kMaxProblems; ++i) {
    log::warning("ignoring a user of a file", {{"file", path}, {"reason", content.problems[i]}});
  }
  for (User& user : content.users) user.file = path;
  log::info("read users of a file", {{"file", path}, {"users", content.users.size()}});
  return std::move(content.users);
}

}  // namespace

HtpasswdContent parse_htpasswd(std::string_view text) {
  HtpasswdContent content;
  std::set<std::string> seen;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = next_line(text);
    if (line.empty() || line.front() == '#') continue;
    const auto fault = [&](std::string_view what) {
      content.problems.push_back(fmt::format("line {}: {}", number, what));
    };
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      fault("is not name:hash");
      continue;
    }
    // What follows a second colon is a comment.
    const std::string_view hash = line.substr(colon + 1, line.find(':', colon + 1) - colon - 1);
    User user{.name = std::string(line.substr(0, colon)), .password_hash = std::string(hash)};
    if (!is_user_name(user.name)) {
      fault("a name has letters, digits, '.', '_', '@', '-', at most 63");
    } else if (!is_password_hash(user.password_hash)) {
      fault("is not hashed by bcrypt, MD5 or SHA: use htpasswd -B");
    } else if (!seen.insert(user.name).second) {
      fault("a line before has this name");
    } else {
      content.users.push_back(std::move(user));
    }
  }
  return content;
}

std::vector<User> HtpasswdFile::users() {
  const base::MutexLock lock(mutex_);
  for (const std::string& path : paths_) {
    // A link would turn another file into one of users: the system's passwords have the same form.
    const base::Descriptor file(
        ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    const int error = errno;
    if (!file.valid() && error == ENOENT) continue;
    struct stat info {};
    const bool is_open = file.valid() && fstat(file.get(), &info) == 0;
    std::string version =
        is_open ? version_of(path, info) : base::errno_status(error, path).ToString();
    if (version == version_) return users_;
    version_ = std::move(version);
    users_ = is_open ? read(path, file, info) : refuse(path, base::errno_status(error, "open"));
    return users_;
  }
  version_.clear();
  users_.clear();
  return users_;
}

}  // namespace mex::nginx
