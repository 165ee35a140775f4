#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "proxy/route/path_regex.h"

namespace mex::proxy::route {

enum class PatternKind {
  Prefix,    // "/test2": the path itself and everything below it; the prefix is stripped
  Wildcard,  // "/app/*name": everything below "/app/", rewritten as the original agent did
  Exact,     // the path itself and nothing else
  Regex,     // what matches a regular expression; it has no key
};

// Longest pattern taken: far above what people write, far below what a request line can hold.
inline constexpr std::size_t kMaxPatternLength = 1024;

// A checked path of a route. README.md of this folder gives the rules.
class PathPattern {
 public:
  // InvalidArgument says what is wrong with `text` and what would be right.
  static absl::StatusOr<PathPattern> parse(std::string_view text);
  // The same for one path, in which a '*' is a letter like others.
  static absl::StatusOr<PathPattern> parse_exact(std::string_view text);

  PatternKind kind() const { return kind_; }
  // Of a Regex.
  const PathRegex& regex() const { return *regex_; }

  // A regular expression of whole paths, which so many shards ask.
  static absl::StatusOr<PathPattern> parse_regex(std::string_view text, std::size_t shards);

  // As given.
  const std::string& text() const { return text_; }

  // What request paths are compared with: the pattern up to the '*'. Two patterns with one key
  // cover the same requests, unless one of them is exact. A key that ends in '/' covers what begins
  // with it; any other key covers itself and what goes on with a '/'.
  std::string_view key() const { return std::string_view(text_).substr(0, key_length_); }

 private:
  PathPattern(PatternKind kind, std::string text, std::size_t key_length)
      : kind_(kind), text_(std::move(text)), key_length_(key_length) {}

  PatternKind kind_;
  std::string text_;
  std::size_t key_length_;
  std::shared_ptr<const PathRegex> regex_{};
};

}  // namespace mex::proxy::route
