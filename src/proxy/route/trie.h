#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "proxy/route/path_routes.h"
#include "proxy/route/radix_tree.h"
#include "proxy/route/request.h"
#include "proxy/route/route.h"

namespace mex::proxy::route {

// Where a request leads.
struct Match {
  const Route* route = nullptr;  // null: no route covers it; else valid as long as the table
  // The path is the route's key without its last slash ("/app" for "/app/*name"): the client is
  // sent to the path with the slash.
  bool redirect_to_slash = false;
};

// The routes of one host by their paths. Immutable: a change makes a new trie that shares all but
// O(key length) of its nodes. Copies are cheap. Const calls are safe from any thread.
class Trie {
 public:
  Trie() = default;

  // The trie with `route` added, in place of those that a request could belong to as well: of what
  // has one key, no two are a tie (rule.h).
  Trie with(std::shared_ptr<const Route> route) const;
  // The trie without the route that has this rule; the same trie if there is none.
  Trie without(const Rule& rule) const;

  std::shared_ptr<const Route> find(const Rule& rule) const;
  // All routes of one key; null if there are none.
  std::shared_ptr<const PathRoutes> routes_of(std::string_view key) const {
    return paths_.find(key);
  }
  // All that the rule is asked among.
  std::shared_ptr<const PathRoutes> routes_beside(const Rule& rule) const {
    return is_regex(rule) ? regexes_ : paths_.find(rule.path.key());
  }
  // Null if there are none.
  const PathRoutes* regexes() const { return regexes_.get(); }

  // Of the longest key that covers the path at a segment border and has a route whose conditions
  // the request has; if there is none, of the regular expressions. Allocates nothing and counts no
  // references.
  Match match(const RoutedRequest& request) const;
  // Of a request that has nothing but a path.
  Match match(std::string_view path) const { return match(RoutedRequest{.path = path}); }

  std::size_t size() const { return size_; }

  // Calls `visit(const PathRoutes&, Coverage)` for each key that covers the path, the shortest
  // first, until it returns false. As many nodes are looked at as the path has bytes, at most.
  template <typename Visit>
  void for_each_covering(std::string_view path, Visit&& visit) const {
    std::size_t depth = 0;
    const Paths::Node* node = paths_.root();
    while (node != nullptr) {
      const std::string_view rest = path.substr(depth);
      if (!rest.starts_with(node->label)) {
        // "/app" ends one byte before the key "/app/": the only key beyond the path that answers.
        const bool slash_missing = node->value != nullptr &&
                                   node->label.size() == rest.size() + 1 &&
                                   node->label.back() == '/' && node->label.starts_with(rest);
        if (slash_missing) visit(*node->value, Coverage::SlashMissing);
        return;
      }
      depth += node->label.size();
      const bool is_whole = depth == path.size();
      if (node->value != nullptr && (is_whole || path[depth] == '/' || path[depth - 1] == '/')) {
        if (!visit(*node->value, is_whole ? Coverage::Whole : Coverage::Below)) return;
      }
      node = node->child(is_whole ? '/' : path[depth]);
    }
  }

 private:
  using Paths = RadixTree<std::shared_ptr<const PathRoutes>>;

  using Regexes = std::shared_ptr<const PathRoutes>;

  Trie(Paths paths, Regexes regexes, std::size_t size)
      : paths_(std::move(paths)), regexes_(std::move(regexes)), size_(size) {}

  static bool is_regex(const Rule& rule) { return rule.path.kind() == PatternKind::Regex; }

  Paths paths_;
  Regexes regexes_;
  std::size_t size_ = 0;
};

}  // namespace mex::proxy::route
