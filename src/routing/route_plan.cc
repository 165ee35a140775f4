#include "routing/route_plan.h"

#include <fmt/format.h>

#include <utility>

#include "base/json_text.h"
#include "base/status.h"
#include "proxy/route/path_routes.h"
#include "routing/route_compiler.h"

namespace mex::routing {
namespace {

using absl::StatusCode;
using proxy::route::kMaxRoutesOfPath;

}  // namespace

RoutePlan::RoutePlan(const RouteIndex& index, Kind kind) : index_(index), kind_(kind) {
  if (kind == Kind::Some) table_ = index.table();
}

bool RoutePlan::is_there(const std::string& id) const {
  if (puts_.contains(id) || kept_.contains(id)) return true;
  return kind_ == Kind::Some && !erased_.contains(id) && index_.find(id) != nullptr;
}

absl::Status RoutePlan::check_rivals(const RouteEntry& entry) const {
  const proxy::route::Rule& rule = entry.active->rule();
  if (const auto rival = table_.find_rival(rule)) {
    const auto planned = puts_.find(route_id(rival->rule()));
    const RouteEntry* other =
        planned != puts_.end() ? &planned->second : index_.find(rival->rule());
    return at_field(
        base::error(StatusCode::kAlreadyExists,
                    "\"{}\" covers the same requests as {}; delete that first{}", entry.route.path,
                    other == nullptr ? base::quoted(rival->pattern().text()) : other->to_string(),
                    rule.is_simple() ? "" : ", or give one of them a condition more"),
        "path");
  }
  if (table_.find(rule) == nullptr && table_.count_beside(rule) >= kMaxRoutesOfPath) {
    return base::field_error("path", fmt::format("has {} routes of this host already, as many as "
                                                 "one path may have",
                                                 kMaxRoutesOfPath));
  }
  return absl::OkStatus();
}

absl::Status RoutePlan::check_name(const RouteEntry& entry, const std::string& id) {
  const std::string& name = entry.route.name;
  if (name.empty()) {
    if (entry.active->rule().is_simple()) return absl::OkStatus();
    return base::field_error("name",
                             "must be given: the path alone does not say which route it is");
  }
  if (!names_.insert(name).second) {
    return at_field(base::error(StatusCode::kAlreadyExists, "{} is the name of another route here",
                                base::quoted(name)),
                    "name");
  }
  const std::vector<const RouteEntry*> others = index_.named(name);
  if (others.empty()) return check_route_name(name);
  for (const RouteEntry* other : others) {
    const std::string others_id = other->id();
    if (others_id == id || erased_.contains(others_id) || !is_there(others_id)) continue;
    return at_field(base::error(StatusCode::kAlreadyExists, "{} is the name of the route of \"{}\"",
                                base::quoted(name), other->route.path),
                    "name");
  }
  return absl::OkStatus();
}

void RoutePlan::vacate_name(const RouteEntry& entry) {
  if (entry.route.name.empty()) return;
  const std::vector<const RouteEntry*> others = index_.named(entry.route.name);
  // The agent's first call may have given one name to several: which is meant is not known.
  if (others.size() == 1 && others.front()->id() != entry.id()) erase(*others.front());
}

absl::Status RoutePlan::put(RouteEntry entry) {
  std::string id = entry.id();
  MEX_RETURN_IF_ERROR(check_name(entry, id));
  const RouteEntry* before = index_.find(id);
  const bool is_anothers = before != nullptr && !before->route.name.empty() &&
                           before->route.name != entry.route.name && kind_ == Kind::Some &&
                           !entry.route.name.empty();
  if (puts_.contains(id) || kept_.contains(id) || (is_anothers && is_there(id))) {
    const auto planned = puts_.find(id);
    return at_field(
        base::error(StatusCode::kAlreadyExists, "\"{}\" is for the same requests as {}",
                    entry.route.path,
                    planned != puts_.end() ? planned->second.to_string() : before->to_string()),
        "path");
  }
  MEX_RETURN_IF_ERROR(check_rivals(entry));
  if (before != nullptr && before->route == entry.route && !erased_.contains(id)) {
    table_ = table_.with(before->active);
    kept_.insert(std::move(id));
    return absl::OkStatus();
  }
  add(std::move(entry), std::move(id));
  return absl::OkStatus();
}

absl::Status RoutePlan::put_simple(RouteEntry entry) {
  MEX_RETURN_IF_ERROR(check_rivals(entry));
  std::string id = entry.id();
  add(std::move(entry), std::move(id));
  return absl::OkStatus();
}

void RoutePlan::add(RouteEntry entry, std::string id) {
  table_ = table_.with(entry.active);
  puts_.insert_or_assign(std::move(id), std::move(entry));
}

void RoutePlan::erase(const RouteEntry& entry) {
  table_ = table_.without(entry.active->rule());
  erased_.insert(entry.id());
}

std::vector<std::string> RoutePlan::erased() const {
  std::vector<std::string> ids;
  if (kind_ == Kind::Some) {
    for (const std::string& id : erased_) {
      if (!puts_.contains(id)) ids.push_back(id);
    }
    return ids;
  }
  for (const auto& [id, entry] : index_.entries()) {
    if (!puts_.contains(id) && !kept_.contains(id)) ids.push_back(id);
  }
  return ids;
}

}  // namespace mex::routing
