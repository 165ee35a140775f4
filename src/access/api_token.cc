#include "access/api_token.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/random_id.h"
#include "base/status.h"

namespace mex::access {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr std::size_t kMinToken = 16;

absl::StatusOr<base::Secret> read_token(const std::string& path) {
  MEX_ASSIGN_OR_RETURN(std::string text, base::read_file(path));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.size() < kMinToken) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{} holds no token of at least {} characters: remove it, and a new one is "
                       "made at the next start",
                       path, kMinToken);
  }
  return base::Secret(std::move(text));
}

}  // namespace

absl::StatusOr<base::Secret> load_or_make_token(const std::string& state_dir) {
  const std::string path = state_dir + "/api.token";
  struct stat found {};
  if (stat(path.c_str(), &found) == 0) {
    if ((found.st_mode & 077U) != 0) {
      return base::error(absl::StatusCode::kFailedPrecondition,
                         "{} may be read or written by others (mode {:o}): chmod 600 it", path,
                         found.st_mode & 07777U);
    }
    return read_token(path);
  }
  if (errno != ENOENT) return base::errno_status(errno, path);
  base::Secret token(base::random_hex(32));
  MEX_RETURN_IF_ERROR(base::write_file_atomically(path, token.reveal() + "\n", kOwnerOnly));
  return token;
}

}  // namespace mex::access
