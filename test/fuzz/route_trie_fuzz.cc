// The route table against the plainest model of its rules, and the rewriting's promise: whatever is
// asked for, the origin is asked for something below its own base path.
//
// Input: lines. "+pattern" adds a route, "-pattern" removes it, anything else is a request path.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/uri.h"
#include "oracle.h"
#include "proxy/route/rewrite.h"
#include "proxy/route/trie.h"

namespace {

using namespace mex;
using proxy::route::Match;
using proxy::route::Route;
using proxy::route::Trie;

constexpr std::string_view kBase = "/base";

// By key.
using Model = std::map<std::string, std::string, std::less<>>;

std::string expected(const Model& model, const std::string& path) {
  if (const auto exact = model.find(path); exact != model.end()) return exact->second;
  if (const auto slash = model.find(path + "/"); slash != model.end()) {
    return slash->second + " redirect";
  }
  std::string best;
  std::size_t longest = 0;
  for (const auto& [key, pattern] : model) {
    const bool covers = path.starts_with(key) && (key.back() == '/' || path[key.size()] == '/');
    if (covers && key.size() > longest) {
      best = pattern;
      longest = key.size();
    }
  }
  return best;
}

void check_rewriting(const Route& route, std::string_view path) {
  const proxy::route::RequestTarget request{path, "q", true};
  std::vector<char> space(proxy::route::rewritten_size(route, request));
  std::string_view target = proxy::route::rewrite_target(route, request, space);
  require(target.ends_with("?q"), "the query is kept");
  target.remove_suffix(2);
  require(target == kBase || target.starts_with("/base/"), "stays below the base path");
  std::string normal_space(target.size(), '\0');
  const http::NormalPath again = http::normalize_path(target, normal_space, http::Slashes::Kept);
  require(again.fault == http::PathFault::None && again.path == target,
          "the rewritten path is in normal form");
}

void ask(const Trie& trie, const Model& model, std::string_view line) {
  std::string space(line.size(), '\0');
  const http::NormalPath path = http::normalize_path(line, space);
  if (path.fault != http::PathFault::None) return;
  std::string kept_space(line.size(), '\0');
  const std::string_view kept = http::normalize_path(line, kept_space, http::Slashes::Kept).path;
  const Match match = trie.match(path.path);
  std::string found;
  if (match.route != nullptr) {
    found = match.route->pattern().text() + (match.redirect_to_slash ? " redirect" : "");
  }
  require(found == expected(model, std::string(path.path)), "the longest key wins");
  if (match.route != nullptr && !match.redirect_to_slash) {
    check_rewriting(*match.route, kept);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Trie trie;
  Model model;
  while (!input.empty()) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), line.size() + 1));
    if (line.empty()) continue;
    if (line.front() != '+' && line.front() != '-') {
      ask(trie, model, line);
      continue;
    }
    proxy::route::RoutePart part{};
    const auto route = proxy::route::make_route(line.substr(1), "http://o/base", nullptr, part);
    if (!route.ok()) continue;
    const std::string key((*route)->key());
    if (line.front() == '+') {
      trie = trie.with(*route);
      model.insert_or_assign(key, (*route)->pattern().text());
    } else {
      if (const auto routes = trie.routes_of(key)) {
        trie = trie.without(routes->all().front()->rule());
      }
      model.erase(key);
    }
    require(trie.size() == model.size(), "as many routes as in the model");
  }
  return 0;
}
