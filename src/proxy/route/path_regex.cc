#include "proxy/route/path_regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/status.h"
#include "http/characters.h"
#include "http/uri.h"

namespace mex::proxy::route {
namespace {

constexpr std::size_t kMaxExpressionLength = 512;
constexpr int kMaxProgramSize = 2000;  // what "(a{1,100}){1,100}" would be far above
constexpr std::int64_t kMaxMemory = 256 << 10;
constexpr std::size_t kGroups = 10;  // the whole match and \1 to \9

template <typename... Args>
absl::Status bad_expression(fmt::format_string<Args...> format, Args&&... args) {
  return base::error(absl::StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

re2::RE2::Options regex_options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxMemory);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // paths are ASCII
  return options;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

PathRegex::PathRegex(std::unique_ptr<const re2::RE2> own, std::size_t shards)
    : own_(std::move(own)),
      shards_(shards),
      of_shards_(std::make_unique<std::atomic<const re2::RE2*>[]>(shards)) {}

PathRegex::~PathRegex() {
  for (std::size_t i = 0; i < shards_; ++i) delete of_shards_[i].load(std::memory_order_acquire);
}

absl::StatusOr<std::shared_ptr<const PathRegex>> PathRegex::create(std::string_view text,
                                                                   std::size_t shards) {
  if (text.empty()) return bad_expression("must not be empty; say \"/v[0-9]+/.*\"");
  if (text.size() > kMaxExpressionLength) {
    return bad_expression("has {} bytes; at most {} are taken", text.size(), kMaxExpressionLength);
  }
  if (!is_printable(text)) {
    return bad_expression("must have no white space, control or non-ASCII characters");
  }
  if (text.front() != '/' && text.front() != '(') {
    return bad_expression("must begin with a slash, or a group: it is held against the whole path");
  }
  auto own =
      std::make_unique<const re2::RE2>(re2::StringPiece(text.data(), text.size()), regex_options());
  if (!own->ok()) return bad_expression("is no regular expression of RE2: {}", own->error());
  if (own->ProgramSize() > kMaxProgramSize) {
    return bad_expression("is too large: its repetitions make {} steps, at most {} are taken",
                          own->ProgramSize(), kMaxProgramSize);
  }
  return std::shared_ptr<const PathRegex>(new PathRegex(std::move(own), shards));
}

const re2::RE2& PathRegex::matcher(std::size_t shard) const {
  if (shard == kNoShard) return *own_;
  MEX_DCHECK(shard < shards_, "a shard beyond those the expression was made for");
  const re2::RE2* found = of_shards_[shard].load(std::memory_order_relaxed);
  if (found == nullptr) {
    found = new re2::RE2(own_->pattern(), regex_options());
    of_shards_[shard].store(found, std::memory_order_release);
  }
  return *found;
}

bool PathRegex::matches(std::string_view path, std::size_t shard) const {
  return matcher(shard).Match(re2::StringPiece(path.data(), path.size()), 0, path.size(),
                              re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

absl::Status PathRegex::check_rewrite(std::string_view rewrite) const {
  if (rewrite.size() > kMaxExpressionLength) {
    return bad_expression("has {} bytes; at most {} are taken", rewrite.size(),
                          kMaxExpressionLength);
  }
  if (!rewrite.starts_with('/')) return bad_expression("must begin with a slash: \"/v2/\\1\"");
  std::string literal;
  for (std::size_t i = 0; i < rewrite.size(); ++i) {
    if (rewrite[i] != '\\') {
      literal += rewrite[i];
      continue;
    }
    ++i;
    const bool is_group = i < rewrite.size() && http::is_digit(rewrite[i]) && rewrite[i] != '0';
    if (!is_group) return bad_expression("has a '\\' that is not one of \\1 to \\9");
    const int group = rewrite[i] - '0';
    if (group > own_->NumberOfCapturingGroups()) {
      return bad_expression("has \\{}, and the path {} groups", group,
                            own_->NumberOfCapturingGroups());
    }
    literal += 'g';
  }
  std::string space(literal.size(), '\0');
  const http::NormalPath normal = http::normalize_path(literal, space);
  if (normal.fault != http::PathFault::None) {
    return bad_expression("{}", http::to_string(normal.fault));
  }
  if (normal.path != literal || literal.find_first_of("?#") != std::string::npos) {
    return bad_expression("must be a path without dot segments, doubled slashes, '?' and '#'");
  }
  return absl::OkStatus();
}

bool PathRegex::rewrite(std::string_view path, std::string_view rewrite, std::size_t shard,
                        std::string& out) const {
  std::array<re2::StringPiece, kGroups> groups;
  const re2::RE2& regex = matcher(shard);
  const int wanted = std::min(regex.NumberOfCapturingGroups() + 1, static_cast<int>(kGroups));
  if (!regex.Match(re2::StringPiece(path.data(), path.size()), 0, path.size(),
                   re2::RE2::ANCHOR_BOTH, groups.data(), wanted)) {
    return false;
  }
  out.clear();
  for (std::size_t i = 0; i < rewrite.size(); ++i) {
    if (rewrite[i] != '\\') {
      out += rewrite[i];
      continue;
    }
    const re2::StringPiece& group = groups[static_cast<std::size_t>(rewrite[++i] - '0')];
    // As with prefixes: one slash joins them.
    std::string_view text(group.data() == nullptr ? "" : group.data(), group.size());
    if (out.ends_with('/') && text.starts_with('/')) text.remove_prefix(1);
    out += text;
  }
  // What was put together may have become a dot segment, which an origin would resolve.
  const std::size_t size = out.size();
  out.resize(2 * size);
  const http::NormalPath normal =
      http::normalize_path(std::string_view(out).substr(0, size),
                           std::span(out.data() + size, size), http::Slashes::Kept);
  const bool is_normal =
      normal.fault == http::PathFault::None && normal.path == std::string_view(out).substr(0, size);
  out.resize(size);
  return is_normal;
}

}  // namespace mex::proxy::route
