#include "routing/route_index.h"

#include <fmt/format.h>

#include <utility>

#include "base/json_text.h"
#include "base/record_json.h"
#include "routing/stored_route.h"

namespace mex::routing {

using proxy::route::PatternKind;
using proxy::route::Rule;

// No path and no host has a line feed, so the path alone decides the order.
std::string route_id(const Rule& rule) {
  if (rule.is_simple()) return rule.path.text();
  const std::string conditions =
      rule.conditions.is_any() ? ""
                               : base::JsonWriter::write(rule.conditions.spec())
                                     .dump(-1, ' ', false, base::Json::error_handler_t::replace);
  std::string_view kind;
  if (rule.path.kind() == PatternKind::Exact) kind = "exact";
  if (rule.path.kind() == PatternKind::Regex) kind = "regex";
  return fmt::format("{}\n{}\n{}\n{}", rule.path.text(), rule.host.to_string(), kind, conditions);
}

std::string RouteEntry::id() const { return route_id(active->rule()); }

std::string RouteEntry::store_key() const {
  return active->rule().is_simple() ? route_key(route.path) : named_route_key(route.name);
}

std::string RouteEntry::etag() const { return std::to_string(revision); }

std::string RouteEntry::to_string() const {
  return base::quoted(route.name.empty() ? route.path : route.name);
}

const RouteEntry* RouteIndex::find(const std::string& id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

const RouteEntry* RouteIndex::find(const Rule& rule) const { return find(route_id(rule)); }

std::vector<const RouteEntry*> RouteIndex::named(const std::string& name) const {
  std::vector<const RouteEntry*> found;
  for (auto each = names_.lower_bound({name, ""}); each != names_.end() && each->first == name;
       ++each) {
    found.push_back(&entries_.at(each->second));
  }
  return found;
}

const RouteEntry* RouteIndex::find_resource(const std::string& name, bool& is_ambiguous) const {
  is_ambiguous = false;
  const RouteEntry* first = nullptr;
  for (const RouteEntry* entry : named(name)) {
    // Those that a path alone does not name have a name that no other such route has.
    if (!entry->active->rule().is_simple()) {
      is_ambiguous = false;
      return entry;
    }
    is_ambiguous = first != nullptr;
    if (first == nullptr || entry->route.path < first->route.path) first = entry;
  }
  if (first != nullptr) return first;
  const RouteEntry* by_path = find(name);
  return by_path != nullptr ? by_path : find("/" + name);
}

void RouteIndex::put(RouteEntry entry) {
  std::string id = entry.id();
  erase(id);
  table_ = table_.with(entry.active);
  if (!entry.route.name.empty()) names_.emplace(entry.route.name, id);
  entries_.emplace(std::move(id), std::move(entry));
}

void RouteIndex::erase(const std::string& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  names_.erase({found->second.route.name, id});
  table_ = table_.without(found->second.active->rule());
  entries_.erase(found);
}

}  // namespace mex::routing
