#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "http/characters.h"
#include "proxy/route/host_pattern.h"
#include "proxy/route/radix_tree.h"
#include "proxy/route/request.h"
#include "proxy/route/trie.h"

namespace mex::proxy::route {

// All routes at one moment: a tree of hosts, and a trie of paths for each. A lookup walks along the
// request's host and path and is as long as they are, whatever the number of routes and hosts.
// Immutable: a change makes a new table that shares all that it does not concern. Copies are cheap.
// Const calls are safe from any thread.
class RouteTable {
 public:
  RouteTable() = default;

  // As Trie's.
  RouteTable with(std::shared_ptr<const Route> route) const;
  RouteTable without(const Rule& rule) const;
  std::shared_ptr<const Route> find(const Rule& rule) const;

  // A route that a request could belong to as well as to one with this rule, or null. It is not the
  // one that has the rule itself.
  std::shared_ptr<const Route> find_rival(const Rule& rule) const;
  // How many have its host and path.
  std::size_t count_beside(const Rule& rule) const;

  // The route that is most specific: by host, then by path, then by conditions. A host whose routes
  // do not cover the request leaves it to the next one. Allocates nothing and counts no references.
  Match match(const RoutedRequest& request) const;
  // Of a request that has nothing but a path.
  Match match(std::string_view path) const { return match(RoutedRequest{.path = path}); }

  std::size_t size() const { return size_; }

  // Calls `visit(const Trie&)` for each host pattern that covers the host, the most specific first,
  // until it returns false.
  template <typename Visit>
  void for_each_host(std::string_view host, Visit&& visit) const {
    host = without_root_dot(host);
    // A wildcard's name has fewer labels than its 253 characters have room for.
    std::array<const Trie*, kMaxCovering> covering;
    std::size_t count = 0;
    for_each_covering(host, [&](const Trie& trie) { covering[count++] = &trie; });
    while (count > 0) {
      if (!visit(*covering[--count])) return;
    }
    visit(any_host_);
  }

 private:
  struct HostRoutes {
    Trie exact;
    Trie below;  // of the wildcard
  };
  using Hosts = RadixTree<std::shared_ptr<const HostRoutes>>;
  static constexpr std::size_t kMaxCovering = 256;

  RouteTable(Trie any_host, Hosts hosts, std::size_t size)
      : any_host_(std::move(any_host)), hosts_(std::move(hosts)), size_(size) {}

  // Hosts are read from their ends: what they have in common is there. The shortest first.
  template <typename Visit>
  void for_each_covering(std::string_view host, Visit&& visit) const {
    const auto byte_at = [host](std::size_t depth) {
      return http::to_lower(host[host.size() - 1 - depth]);
    };
    std::size_t depth = 0;
    for (const Hosts::Node* node = hosts_.root(); node != nullptr;) {
      if (node->label.size() > host.size() - depth) return;
      for (const char c : node->label) {
        if (byte_at(depth++) != c) return;
      }
      const bool is_whole = depth == host.size();
      if (node->value != nullptr) {
        if (is_whole && node->value->exact.size() > 0) visit(node->value->exact);
        // At least one byte is left of the dot.
        const bool is_below = !is_whole && byte_at(depth) == '.' && depth + 1 < host.size();
        if (is_below && node->value->below.size() > 0) visit(node->value->below);
      }
      if (is_whole) return;
      node = node->child(byte_at(depth));
    }
  }

  const Trie& trie_of(const HostPattern& host) const;
  RouteTable with_trie(const HostPattern& host, Trie trie) const;

  Trie any_host_;
  Hosts hosts_;  // by name, read from its end
  std::size_t size_ = 0;
};

}  // namespace mex::proxy::route
