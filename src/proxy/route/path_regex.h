#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace mex::proxy::route {

// The thread that asks: a shard's number, or one that is no shard.
inline constexpr std::size_t kNoShard = static_cast<std::size_t>(-1);

// A regular expression that a whole path has to match, and what is made of such a path. RE2's: time
// is linear in the path whatever the expression is. Its matcher keeps a cache behind a lock, so
// each shard has a matcher for itself, made when it first asks, and no shard waits for another one.
// It allocates while its cache grows, and for groups that are not plain: expressions are the last
// resort of those who write routes.
class PathRegex {
 public:
  // InvalidArgument says what is wrong with `text`. `shards`: how many may ask.
  static absl::StatusOr<std::shared_ptr<const PathRegex>> create(std::string_view text,
                                                                 std::size_t shards);
  PathRegex(const PathRegex&) = delete;
  PathRegex& operator=(const PathRegex&) = delete;
  ~PathRegex();

  bool matches(std::string_view path, std::size_t shard) const;

  // InvalidArgument, unless it is a path in which \1 to \9 stand for groups of this expression.
  absl::Status check_rewrite(std::string_view rewrite) const;
  // What `rewrite` makes of a path that matches, in normal form; false if it has none, as "/../x"
  // has. `out` is used as memory from call to call.
  bool rewrite(std::string_view path, std::string_view rewrite, std::size_t shard,
               std::string& out) const;

 private:
  PathRegex(std::unique_ptr<const re2::RE2> own, std::size_t shards);
  const re2::RE2& matcher(std::size_t shard) const;

  std::unique_ptr<const re2::RE2> own_;  // of threads that are no shards
  std::size_t shards_;
  std::unique_ptr<std::atomic<const re2::RE2*>[]> of_shards_;
};

}  // namespace mex::proxy::route
