#include "access/api_token.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/random_id.h"
#include "base/secret_text.h"
#include "base/status.h"

namespace mex::access {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr std::size_t kMinToken = 16;

absl::StatusOr<base::Secret> read_token(const std::string& path) {
  MEX_ASSIGN_OR_RETURN(const base::Secret text, read_private_file(path));
  auto token = base::parse_secret(text.reveal(), base::SecretKind::Token, path);
  if (token.ok() && token->reveal().size() >= kMinToken) return token;
  const std::string why = token.ok() ? "" : fmt::format("{}; ", base::message_of(token.status()));
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "{}{} holds no token of at least {} characters: remove it, and a new one is "
                     "made at the next start",
                     why, path, kMinToken);
}

}  // namespace

absl::StatusOr<base::Secret> read_private_file(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return base::errno_status(errno, path);
  if ((found.st_mode & 077U) != 0) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{} may be read or written by others (mode {:o}): chmod 600 it", path,
                       found.st_mode & 07777U);
  }
  MEX_ASSIGN_OR_RETURN(std::string text, base::read_file(path));
  return base::Secret(std::move(text));
}

absl::StatusOr<base::Secret> load_or_make_token(const std::string& state_dir) {
  const std::string path = state_dir + "/api.token";
  auto there = read_token(path);
  if (!absl::IsNotFound(there.status())) return there;
  base::Secret token(base::random_hex(32));
  MEX_RETURN_IF_ERROR(base::write_file_atomically(path, token.reveal() + "\n", kOwnerOnly));
  return token;
}

}  // namespace mex::access
