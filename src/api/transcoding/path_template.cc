#include "api/transcoding/path_template.h"

#include <algorithm>
#include <utility>

#include "base/json_text.h"
#include "base/status.h"

namespace mex::api::transcoding {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_literal_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.~").find(c) != std::string_view::npos;
}

std::vector<std::string_view> split_segments(std::string_view path) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool keep_slash) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    const char byte = static_cast<char>(high * 16 + low);
    if (byte == '/' && keep_slash) {
      decoded += text.substr(i, 3);
    } else {
      decoded += byte;
    }
    i += 2;
  }
  return decoded;
}

// Recursive descent over the grammar in the header.
class PathTemplate::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { result_.text_ = text; }

  absl::StatusOr<PathTemplate> parse() {
    if (!take('/')) return fault("must begin with '/'");
    MEX_RETURN_IF_ERROR(segments(/*inside_variable=*/false));
    if (take(':')) {
      result_.verb_ = literal();
      if (result_.verb_.empty()) return fault("':' without a verb");
    }
    if (at_ != text_.size()) return fault("unexpected character");
    for (std::size_t i = 0; i + 1 < result_.segments_.size(); ++i) {
      if (result_.segments_[i].kind == Kind::AnyRest) return fault("'**' before the end");
    }
    return std::move(result_);
  }

 private:
  absl::Status fault(std::string_view what) const {
    return base::error(absl::StatusCode::kInvalidArgument, "path template {} at {}: {}",
                       base::quoted(text_), at_, what);
  }

  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string literal() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_literal_character(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  absl::Status segments(bool inside_variable) {
    do {
      if (take('*')) {
        result_.segments_.push_back({take('*') ? Kind::AnyRest : Kind::AnySegment, {}});
      } else if (take('{')) {
        if (inside_variable) return fault("a variable inside a variable");
        MEX_RETURN_IF_ERROR(variable());
      } else {
        std::string text = literal();
        if (text.empty()) return fault("empty segment");
        result_.segments_.push_back({Kind::Literal, std::move(text)});
      }
    } while (take('/'));
    return absl::OkStatus();
  }

  absl::Status variable() {
    const std::string field = literal();
    if (field.empty()) return fault("a variable without a field");
    const std::size_t begin = result_.segments_.size();
    if (take('=')) {
      MEX_RETURN_IF_ERROR(segments(/*inside_variable=*/true));
    } else {
      result_.segments_.push_back({Kind::AnySegment, {}});
    }
    if (!take('}')) return fault("'}' expected");
    result_.variables_.push_back({field, begin, result_.segments_.size()});
    return absl::OkStatus();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  PathTemplate result_;
};

absl::StatusOr<PathTemplate> PathTemplate::parse(std::string_view text) {
  return Parser(text).parse();
}

bool PathTemplate::segments_fit(const std::vector<std::string_view>& parts) const {
  const bool open_end = segments_.back().kind == Kind::AnyRest;
  const std::size_t fixed = segments_.size() - (open_end ? 1 : 0);
  if (open_end ? parts.size() < fixed : parts.size() != fixed) return false;
  for (std::size_t i = 0; i < fixed; ++i) {
    const bool literal = segments_[i].kind == Kind::Literal;
    if (literal ? parts[i] != segments_[i].literal : parts[i].empty()) return false;
  }
  return true;
}

std::optional<std::vector<Binding>> PathTemplate::match(std::string_view path) const {
  if (path.empty() || path.front() != '/') return std::nullopt;
  path.remove_prefix(1);
  if (!verb_.empty()) {
    const std::size_t colon = path.rfind(':');
    if (colon == std::string_view::npos || path.substr(colon + 1) != verb_) return std::nullopt;
    path = path.substr(0, colon);
  }
  const std::vector<std::string_view> parts = split_segments(path);
  if (!segments_fit(parts)) return std::nullopt;

  std::vector<Binding> bindings;
  for (const Variable& variable : variables_) {
    const bool open_end = segments_[variable.end - 1].kind == Kind::AnyRest;
    const std::size_t end = open_end ? parts.size() : variable.end;
    std::string_view raw;
    if (variable.begin < end) {
      const char* first = parts[variable.begin].data();
      const char* last = parts[end - 1].data() + parts[end - 1].size();
      raw = std::string_view(first, static_cast<std::size_t>(last - first));
    }
    const bool one_segment = variable.end - variable.begin == 1 && !open_end;
    std::optional<std::string> value = percent_decode(raw, /*keep_slash=*/!one_segment);
    if (!value) return std::nullopt;
    bindings.push_back({variable.field, *std::move(value)});
  }
  return bindings;
}

std::vector<std::string> PathTemplate::fields() const {
  std::vector<std::string> names;
  for (const Variable& variable : variables_) names.push_back(variable.field);
  return names;
}

bool PathTemplate::more_specific_than(const PathTemplate& other) const {
  if (verb_.empty() != other.verb_.empty()) return !verb_.empty();
  const std::size_t common = std::min(segments_.size(), other.segments_.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (segments_[i].kind != other.segments_[i].kind) {
      return segments_[i].kind < other.segments_[i].kind;
    }
  }
  return segments_.size() > other.segments_.size();
}

}  // namespace mex::api::transcoding
