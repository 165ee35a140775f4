#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mex::proxy::route {

// An immutable compressed trie from byte strings to values, byte by byte. A change makes a new tree
// that shares all nodes but those on the path to the changed key: it costs O(key length), whatever
// the number of keys. Copies are cheap (one pointer). Const calls are safe from any thread.
//
// `Value` is a pointer that is cheap to copy; a null one is no value.
template <typename Value>
class RadixTree {
 public:
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;

  // Invariants: a node other than the root has a label that is not empty; a node without a value
  // has at least two children; `first_bytes[i]` is the first byte of `children[i]->label`,
  // ascending.
  struct Node {
    std::string label;
    Value value;
    std::string first_bytes;
    std::vector<NodePtr> children;

    // Null if no label begins with this byte.
    const Node* child(char first_byte) const {
      const std::size_t index = first_bytes.find(first_byte);
      return index == std::string::npos ? nullptr : children[index].get();
    }
  };

  RadixTree() = default;

  // Where a walk through the tree begins; null while it has never had a key.
  const Node* root() const { return root_.get(); }
  std::size_t size() const { return size_; }

  // The value of exactly this key, or null.
  Value find(std::string_view key) const {
    const Node* node = root_.get();
    while (node != nullptr && key.starts_with(node->label)) {
      key.remove_prefix(node->label.size());
      if (key.empty()) return node->value;
      node = node->child(key.front());
    }
    return nullptr;
  }

  // The tree with `value`, which is not null, in place of what the key had.
  RadixTree with(std::string_view key, Value value) const {
    static const Node kEmptyRoot;
    bool replaced = false;
    NodePtr root = insert(root_ == nullptr ? kEmptyRoot : *root_, key, std::move(value), replaced);
    return RadixTree(std::move(root), replaced ? size_ : size_ + 1);
  }

  // The tree without the key; the same tree if it does not have it.
  RadixTree without(std::string_view key) const {
    if (find(key) == nullptr) return *this;
    return RadixTree(erase(*root_, key, true), size_ - 1);
  }

 private:
  RadixTree(NodePtr root, std::size_t size) : root_(std::move(root)), size_(size) {}

  static std::size_t common_prefix(std::string_view a, std::string_view b) {
    const auto [end_a, end_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<std::size_t>(end_a - a.begin());
  }

  static void put_child(Node& node, NodePtr child) {
    const char first_byte = child->label.front();
    const auto place = std::lower_bound(
        node.first_bytes.begin(), node.first_bytes.end(), first_byte, [](char a, char b) {
          return static_cast<unsigned char>(a) < static_cast<unsigned char>(b);
        });
    const auto offset = place - node.first_bytes.begin();
    if (place != node.first_bytes.end() && *place == first_byte) {
      node.children[static_cast<std::size_t>(offset)] = std::move(child);
      return;
    }
    node.first_bytes.insert(place, first_byte);
    node.children.insert(node.children.begin() + offset, std::move(child));
  }

  static NodePtr leaf(std::string_view label, Value value) {
    auto node = std::make_shared<Node>();
    node->label = label;
    node->value = std::move(value);
    return node;
  }

  static NodePtr relabelled(const Node& node, std::string label) {
    auto copy = std::make_shared<Node>(node);
    copy->label = std::move(label);
    return copy;
  }

  // `key` is what is left of the key at `node`, whose label is part of it as far as they agree.
  static NodePtr insert(const Node& node, std::string_view key, Value value, bool& replaced) {
    const std::size_t shared = common_prefix(node.label, key);
    const std::string_view rest = key.substr(shared);
    if (shared < node.label.size()) {
      auto fork = std::make_shared<Node>();
      fork->label = node.label.substr(0, shared);
      put_child(*fork, relabelled(node, node.label.substr(shared)));
      if (rest.empty()) {
        fork->value = std::move(value);
      } else {
        put_child(*fork, leaf(rest, std::move(value)));
      }
      return fork;
    }
    auto copy = std::make_shared<Node>(node);
    if (rest.empty()) {
      replaced = copy->value != nullptr;
      copy->value = std::move(value);
      return copy;
    }
    const Node* child = node.child(rest.front());
    put_child(*copy, child == nullptr ? leaf(rest, std::move(value))
                                      : insert(*child, rest, std::move(value), replaced));
    return copy;
  }

  // Restores the invariants of a node that has lost its value or a child; null if nothing is left.
  static NodePtr tidied(std::shared_ptr<Node> node, bool is_root) {
    if (node->value != nullptr) return node;
    if (node->children.empty()) return nullptr;
    if (node->children.size() > 1 || is_root) return node;
    const Node& only = *node->children.front();
    return relabelled(only, node->label + only.label);
  }

  // `key` is known to be in the tree.
  static NodePtr erase(const Node& node, std::string_view key, bool is_root) {
    const std::string_view rest = key.substr(node.label.size());
    auto copy = std::make_shared<Node>(node);
    if (rest.empty()) {
      copy->value.reset();
      return tidied(std::move(copy), is_root);
    }
    NodePtr child = erase(*node.child(rest.front()), rest, false);
    if (child != nullptr) {
      put_child(*copy, std::move(child));
      return copy;
    }
    const std::size_t index = copy->first_bytes.find(rest.front());
    copy->first_bytes.erase(index, 1);
    copy->children.erase(copy->children.begin() + static_cast<std::ptrdiff_t>(index));
    return tidied(std::move(copy), is_root);
  }

  NodePtr root_;
  std::size_t size_ = 0;
};

}  // namespace mex::proxy::route
