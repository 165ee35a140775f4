#include "proxy/route/rewrite.h"

#include <algorithm>

#include "base/check.h"

namespace mex::proxy::route {
namespace {

// Appends to memory that is known to be large enough.
class Appender {
 public:
  explicit Appender(std::span<char> space) : space_(space) {}

  void put(std::string_view text) {
    MEX_CHECK(text.size() <= space_.size() - size_, "space below rewritten_size()");
    std::copy(text.begin(), text.end(), space_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += text.size();
  }
  void drop_last() { --size_; }
  std::string_view text() const { return {space_.data(), size_}; }

 private:
  std::span<char> space_;
  std::size_t size_ = 0;
};

// "/base/" → "/base", "/" → "".
std::string_view without_last_slash(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

// What follows the key, which has no runs of '/' where the path may have them.
std::string_view behind_key(std::string_view path, std::string_view key) {
  if (path.starts_with(key)) return path.substr(key.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    while (key[i] != '/' && at < path.size() && path[at] == '/') ++at;
    MEX_CHECK(at < path.size() && path[at] == key[i], "a path that the route does not cover");
    ++at;
  }
  return path.substr(at);
}

}  // namespace

std::size_t rewritten_size(const Route& route, const RequestTarget& target) {
  constexpr std::size_t kJoints = 2;  // the joining slash and the question mark
  return route.origin().path.size() + target.path.size() + target.query.size() + kJoints;
}

std::string_view rewrite_target(const Route& route, const RequestTarget& target,
                                std::span<char> space) {
  Appender out(space);
  const std::string_view base = route.origin().path;
  std::string_view rest = behind_key(target.path, route.key());
  const bool key_has_slash = route.key().ends_with('/');
  if (rest.empty() && !key_has_slash) {
    out.put(base);  // "/test2" is the origin's own path, with the last slash it was given with
  } else {
    if (!key_has_slash && rest.starts_with('/')) rest.remove_prefix(1);
    out.put(without_last_slash(base));
    out.put("/");
    out.put(rest);
  }
  const bool strips_slash = route.pattern().kind() == PatternKind::Wildcard;
  if (strips_slash && out.text().size() > 1 && out.text().ends_with('/')) out.drop_last();
  if (target.has_query) {
    out.put("?");
    out.put(target.query);
  }
  return out.text();
}

}  // namespace mex::proxy::route
