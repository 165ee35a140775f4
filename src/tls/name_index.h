#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace mex::tls {

// The longest name (RFC 1035 section 3.1), as text.
inline constexpr std::size_t kMaxServerName = 253;

// What belongs to the name that a client asks for: an exact name goes before a wildcard, which
// stands for exactly one label, the leftmost (RFC 6125 section 6.4.3). Names are DNS names as they
// are on the wire: internationalised ones are A-labels ("xn--…"), which a wildcard covers as it
// does any other label. Letters count in either case, and so does a dot at the end.
//
// A lookup allocates nothing and takes as long for 10,000 names as for one.
template <typename Value>
class NameIndex {
 public:
  // Instead of what was there.
  void set(std::string_view name, Value value) {
    const std::string key(lower(name).view());
    if (key.starts_with("*.")) {
      wildcards_.insert_or_assign(key.substr(1), std::move(value));
    } else {
      exact_.insert_or_assign(key, std::move(value));
    }
  }

  // Null for none.
  const Value* find(std::string_view name) const {
    const Lower key = lower(name);
    if (const auto found = exact_.find(key.view()); found != exact_.end()) return &found->second;
    const std::size_t dot = key.view().find('.');
    // ".example.org" is no name below example.org.
    if (dot == std::string_view::npos || dot == 0) return nullptr;
    const auto found = wildcards_.find(key.view().substr(dot));
    return found == wildcards_.end() ? nullptr : &found->second;
  }

  // The same, but a wildcard stands for one label or more, as in hosts of routes; the longest
  // counts.
  const Value* find_at_any_depth(std::string_view name) const {
    const Lower key = lower(name);
    if (const auto found = exact_.find(key.view()); found != exact_.end()) return &found->second;
    for (std::size_t dot = key.view().find('.', 1); dot != std::string_view::npos;
         dot = key.view().find('.', dot + 1)) {
      const auto found = wildcards_.find(key.view().substr(dot));
      if (found != wildcards_.end()) return &found->second;
    }
    return nullptr;
  }

  bool empty() const { return exact_.empty() && wildcards_.empty(); }

 private:
  struct Lower {
    std::array<char, kMaxServerName> letters;
    std::size_t length = 0;
    std::string_view view() const { return {letters.data(), length}; }
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>()(key);
    }
  };
  template <typename V>
  using Map = std::unordered_map<std::string, V, Hash, std::equal_to<>>;

  // Empty, which no name is, for what is too long to be one.
  static Lower lower(std::string_view name) {
    Lower made;
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.size() > made.letters.size()) return made;
    std::transform(name.begin(), name.end(), made.letters.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    made.length = name.size();
    return made;
  }

  Map<Value> exact_;
  Map<Value> wildcards_;  // by what follows the label: ".example.org"
};

}  // namespace mex::tls
