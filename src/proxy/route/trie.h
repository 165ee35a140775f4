#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "proxy/route/route.h"

namespace mex::proxy::route {

// Where a request path leads.
struct Match {
  const Route* route = nullptr;  // null: no route covers the path; else valid as long as the trie
  // The path is the route's key without its last slash ("/app" for "/app/*name"): the client is
  // sent to the path with the slash.
  bool redirect_to_slash = false;
};

// An immutable compressed trie over the keys of routes, byte by byte. A change makes a new trie
// that shares all nodes but those on the path to the changed key: it costs O(key length), whatever
// the number of routes. Copies are cheap (one pointer). Const calls are safe from any thread.
class Trie {
 public:
  Trie() = default;

  // The trie with `route` added, in place of the one that has the same key.
  Trie with(std::shared_ptr<const Route> route) const;

  // The trie without the route that has this key; the same trie if there is none.
  Trie without(std::string_view key) const;

  // The route with exactly this key, or null.
  std::shared_ptr<const Route> find(std::string_view key) const;

  // The longest key that covers `path` at a segment border. Allocates nothing and counts no
  // references.
  Match match(std::string_view path) const;

  std::size_t size() const { return size_; }

  struct Node;  // in trie.cc

 private:
  Trie(std::shared_ptr<const Node> root, std::size_t size) : root_(std::move(root)), size_(size) {}

  std::shared_ptr<const Node> root_;
  std::size_t size_ = 0;
};

}  // namespace mex::proxy::route
