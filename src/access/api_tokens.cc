#include "access/api_tokens.h"

#include <utility>

#include "access/api_token.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"

namespace mex::access {
namespace {

constexpr const char* kOwnToken = "/api.token";
constexpr const char* kNamedTokens = "/api.tokens";
// Of api.token, as it was before there were names.
constexpr const char* kOwnName = "administrator";

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

absl::Status add_named_tokens(const std::string& path, TokenTable& table) {
  const auto text = read_private_file(path);
  if (absl::IsNotFound(text.status())) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(text.status());
  return add_tokens(text->reveal(), path, table);
}

}  // namespace

ApiTokens::ApiTokens(std::string state_dir, const base::Clock& clock)
    : state_dir_(std::move(state_dir)), clock_(clock) {
  reread();
}

ApiTokens::Stamps ApiTokens::stamps() const {
  Stamps stamps;
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    struct stat found {};
    const std::string path = state_dir_ + (i == 0 ? kOwnToken : kNamedTokens);
    if (stat(path.c_str(), &found) != 0) continue;
    stamps[i] = {.is_there = true,
                 .file = found.st_ino,
                 .size = found.st_size,
                 .mode = found.st_mode,
                 .times = {nanoseconds(found.st_mtim), nanoseconds(found.st_ctim)}};
  }
  return stamps;
}

// `now` is from before: what changes while it is read is read once more.
void ApiTokens::read(Stamps now) {
  TokenTable table;
  auto own = load_or_make_token(state_dir_);
  if (own.ok()) table.add({.name = kOwnName, .digest = digest_of(own->reveal())});
  const absl::Status named = add_named_tokens(state_dir_ + kNamedTokens, table);
  table_ = std::move(table);
  // It was made just now.
  if (!now[0].is_there) now[0] = stamps()[0];
  stamps_ = now;
  const absl::Status before = std::exchange(status_, own.ok() ? named : own.status());
  if (status_ == before) return;
  if (!own.ok()) {
    log::error("callers that need a token are refused", {{"reason", status_}});
  } else if (!named.ok()) {
    log::error("a token cannot be used", {{"reason", status_}});
  } else {
    log::info("the API's tokens can be used again");
  }
}

void ApiTokens::reread() {
  const base::MutexLock lock(mutex_);
  read(stamps());
}

absl::StatusOr<std::string> ApiTokens::check(std::string_view token) {
  const base::MutexLock lock(mutex_);
  if (const Stamps now = stamps(); now != stamps_) read(now);
  const NamedToken* found = table_.find(token);
  if (found == nullptr) {
    return absl::UnauthenticatedError(
        "the bearer token is not the one in api.token, and none of those in api.tokens");
  }
  if (found->until && *found->until <= clock_.wall_now()) {
    return base::error(absl::StatusCode::kUnauthenticated, "the token {} has ended at {}",
                       found->name, base::format_rfc3339(*found->until));
  }
  return found->name;
}

absl::Status ApiTokens::status() const {
  const base::MutexLock lock(mutex_);
  return status_;
}

}  // namespace mex::access
