// What an operator says of the origins of a route. Promises: whatever the text of a stored route
// is, its origins are refused with the name of a field, or become a set whose choices are all
// sound: never an origin that was tried, never one without weight unless a cookie binds to it, no
// more requests than are allowed, all counted and given back; and no name or path of it can end a
// line.
//
// Input: a byte for each of some requests, a line feed, a route as the store keeps it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "oracle.h"
#include "proxy/observed_origin.h"
#include "routing/origin_set_compiler.h"
#include "routing/stored_route.h"

namespace {

using namespace mex;
using proxy::balance::Outcome;
using proxy::balance::Pick;
using proxy::balance::Policy;

bool is_one_line(std::string_view text) { return text.find_first_of("\r\n") == text.npos; }

void ask(const proxy::route::OriginSet& set, std::string_view requests) {
  const auto& members = set.group().members();
  const int max_requests = set.options().limits.max_requests;
  proxy::balance::Balancer& balancer = set.balancer(0);
  base::SteadyTime now{std::chrono::hours(1)};
  std::vector<Pick> open;
  const auto end = [&](const Pick& pick, std::uint8_t byte) {
    set.group().report(pick.index, static_cast<Outcome>(byte % 4), byte, pick.is_trial, now);
    members[pick.index].state->end_request();
  };
  for (const char c : requests) {
    const auto byte = static_cast<std::uint8_t>(c);
    now += std::chrono::milliseconds(byte * byte);
    const std::string& bound = members[byte % members.size()].id;
    const std::uint64_t tried = byte % 3 == 0 ? byte : 0;
    const Pick pick = balancer.pick({.now = now, .tried = tried, .hash = byte, .sticky_id = bound});
    if (pick.result != Pick::Result::Found) continue;
    require(pick.index < members.size(), "an origin of the set");
    require((tried >> pick.index & 1U) == 0, "one that was not tried");
    const auto& member = members[pick.index];
    require(member.weight > 0 || (member.id == bound && !bound.empty()), "one that has a weight");
    require(max_requests == 0 || member.state->in_flight() <= max_requests, "one with room");
    if (byte % 2 == 0) {
      end(pick, byte);
    } else {
      open.push_back(pick);
    }
  }
  for (const Pick& pick : open) end(pick, 0);
  for (const auto& member : members) {
    require(member.state->in_flight() == 0, "every request is given back");
  }
  for (const auto& origin : proxy::observe(set, base::system_clock())) {
    require(is_one_line(origin.reason), "a reason is one line");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  auto stored = routing::route_from_json(input.substr(end + 1), "/proxies/%2Fa");
  if (!stored.ok()) return 0;
  const absl::Status status = routing::complete_origins(stored->route, {});
  if (!status.ok()) {
    require(!base::detail_of(status).field.empty(), "a refusal names its field");
    return 0;
  }
  proxy::route::RoutePart part{};
  const auto alone =
      proxy::route::make_route("/a", "http://o", std::make_shared<proxy::route::Counters>(1), part);
  const auto route =
      routing::compile_origins(*alone, stored->route.origin_set, nullptr, base::SteadyTime(), 1);
  if (!route.ok()) {
    require(!base::detail_of(route.status()).field.empty(), "a refusal names its field");
    return 0;
  }
  const proxy::route::OriginSet* set = (*route)->origins();
  if (set == nullptr) return 0;
  require(is_one_line(set->options().health_check.path), "a path ends no line");
  require(is_one_line(set->options().health_check.host), "a host ends no line");
  require(is_one_line(set->options().balance.cookie), "a cookie's name ends no line");
  ask(*set, input.substr(0, end));
  return 0;
}
