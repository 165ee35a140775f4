#include "proxy/route/trie.h"

#include <algorithm>
#include <string>
#include <vector>

namespace mex::proxy::route {

// Invariants: a node other than the root has a label that is not empty; a node without a route has
// at least two children; `first_bytes[i]` is the first byte of `children[i]->label`, ascending.
struct Trie::Node {
  std::string label;
  std::shared_ptr<const Route> route;
  std::string first_bytes;
  std::vector<std::shared_ptr<const Node>> children;
};

namespace {

using Node = Trie::Node;
using NodePtr = std::shared_ptr<const Node>;

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const auto [end_a, end_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(end_a - a.begin());
}

const NodePtr* child_of(const Node& node, char first_byte) {
  const std::size_t index = node.first_bytes.find(first_byte);
  return index == std::string::npos ? nullptr : &node.children[index];
}

void put_child(Node& node, NodePtr child) {
  const char first_byte = child->label.front();
  const auto place = std::lower_bound(
      node.first_bytes.begin(), node.first_bytes.end(), first_byte,
      [](char a, char b) { return static_cast<unsigned char>(a) < static_cast<unsigned char>(b); });
  const auto offset = place - node.first_bytes.begin();
  if (place != node.first_bytes.end() && *place == first_byte) {
    node.children[static_cast<std::size_t>(offset)] = std::move(child);
    return;
  }
  node.first_bytes.insert(place, first_byte);
  node.children.insert(node.children.begin() + offset, std::move(child));
}

NodePtr leaf(std::string_view label, std::shared_ptr<const Route> route) {
  auto node = std::make_shared<Node>();
  node->label = label;
  node->route = std::move(route);
  return node;
}

NodePtr relabelled(const Node& node, std::string label) {
  auto copy = std::make_shared<Node>(node);
  copy->label = std::move(label);
  return copy;
}

// `key` is what is left of the route's key at `node`, whose label is part of it as far as they
// agree.
NodePtr insert(const Node& node, std::string_view key, std::shared_ptr<const Route> route,
               bool& replaced) {
  const std::size_t shared = common_prefix(node.label, key);
  const std::string_view rest = key.substr(shared);
  if (shared < node.label.size()) {
    auto fork = std::make_shared<Node>();
    fork->label = node.label.substr(0, shared);
    put_child(*fork, relabelled(node, node.label.substr(shared)));
    if (rest.empty()) {
      fork->route = std::move(route);
    } else {
      put_child(*fork, leaf(rest, std::move(route)));
    }
    return fork;
  }
  auto copy = std::make_shared<Node>(node);
  if (rest.empty()) {
    replaced = copy->route != nullptr;
    copy->route = std::move(route);
    return copy;
  }
  const NodePtr* child = child_of(node, rest.front());
  put_child(*copy, child == nullptr ? leaf(rest, std::move(route))
                                    : insert(**child, rest, std::move(route), replaced));
  return copy;
}

// Restores the invariants of a node that has lost its route or a child; null if nothing is left.
NodePtr tidied(std::shared_ptr<Node> node, bool is_root) {
  if (node->route != nullptr) return node;
  if (node->children.empty()) return nullptr;
  if (node->children.size() > 1 || is_root) return node;
  const Node& only = *node->children.front();
  return relabelled(only, node->label + only.label);
}

// `key` is known to be in the trie.
NodePtr erase(const Node& node, std::string_view key, bool is_root) {
  const std::string_view rest = key.substr(node.label.size());
  auto copy = std::make_shared<Node>(node);
  if (rest.empty()) {
    copy->route.reset();
    return tidied(std::move(copy), is_root);
  }
  NodePtr child = erase(**child_of(node, rest.front()), rest, false);
  if (child != nullptr) {
    put_child(*copy, std::move(child));
    return copy;
  }
  const std::size_t index = copy->first_bytes.find(rest.front());
  copy->first_bytes.erase(index, 1);
  copy->children.erase(copy->children.begin() + static_cast<std::ptrdiff_t>(index));
  return tidied(std::move(copy), is_root);
}

bool covers(const Route& route, std::string_view path, std::size_t depth) {
  return depth == path.size() || path[depth] == '/' || route.key().back() == '/';
}

}  // namespace

Trie Trie::with(std::shared_ptr<const Route> route) const {
  static const Node kEmptyRoot;
  const std::string_view key = route->key();
  bool replaced = false;
  NodePtr root = insert(root_ == nullptr ? kEmptyRoot : *root_, key, std::move(route), replaced);
  return Trie(std::move(root), replaced ? size_ : size_ + 1);
}

Trie Trie::without(std::string_view key) const {
  if (find(key) == nullptr) return *this;
  return Trie(erase(*root_, key, true), size_ - 1);
}

std::shared_ptr<const Route> Trie::find(std::string_view key) const {
  const Node* node = root_.get();
  while (node != nullptr && key.starts_with(node->label)) {
    key.remove_prefix(node->label.size());
    if (key.empty()) return node->route;
    const NodePtr* child = child_of(*node, key.front());
    node = child == nullptr ? nullptr : child->get();
  }
  return nullptr;
}

Match Trie::match(std::string_view path) const {
  Match best;
  std::size_t depth = 0;
  const Node* node = root_.get();
  while (node != nullptr) {
    const std::string_view rest = path.substr(depth);
    if (!rest.starts_with(node->label)) {
      // "/app" ends one byte before the key "/app/": the only key beyond the path that answers it.
      const bool slash_missing = node->route != nullptr && node->label.size() == rest.size() + 1 &&
                                 node->label.back() == '/' && node->label.starts_with(rest);
      if (slash_missing) return {node->route.get(), true};
      break;
    }
    depth += node->label.size();
    if (node->route != nullptr && covers(*node->route, path, depth)) best = {node->route.get()};
    const bool exact = node->route != nullptr && depth == path.size();
    if (exact) break;
    const NodePtr* child = child_of(*node, depth < path.size() ? path[depth] : '/');
    node = child == nullptr ? nullptr : child->get();
  }
  return best;
}

}  // namespace mex::proxy::route
