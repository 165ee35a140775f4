#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/record_words.h"
#include "proxy/balance/options.h"
#include "proxy/observed_origin.h"
#include "proxy/route/action.h"
#include "proxy/route/conditions.h"

namespace mex::routing {

// How the path of a route is read.
enum class PathType {
  Pattern,  // "/test2" with what is below it, or "/app/*name": the forms of the agent's first call
  Exact,    // the path itself and nothing else
  Regex,    // what matches a regular expression of RE2
};

constexpr auto words_of(PathType) {
  return base::words<PathType>(
      {{PathType::Pattern, "pattern"}, {PathType::Exact, "exact"}, {PathType::Regex, "regex"}});
}

// Requests to the public proxy and where they lead, as the API takes it.
struct ProxyRoute {
  std::string name;  // of the resource, or free text of the first call; may be empty
  std::string path;  // "/test2" or "/app/*name"
  std::string
      origin;  // "http://host[:port][/base]" or "https://…"; empty where the action is another
  std::string host{};  // "www.example.com", "*.example.com"; empty: any
  PathType path_type = PathType::Pattern;
  proxy::route::ConditionSpec conditions{};
  proxy::route::ActionSpec action{};
  proxy::balance::OriginSetOptions origin_set{};  // empty: `origin` is all there is to say

  bool operator==(const ProxyRoute&) const = default;
};

// What went over a route since the agent started or the route was last replaced.
struct ProxyRouteCounters {
  std::uint64_t requests = 0;                 // answered, by the origin or by us
  std::uint64_t status_classes[5] = {};       // [0] is 1xx … [4] is 5xx
  std::uint64_t request_bytes = 0;            // bodies and tunnel bytes towards the origin
  std::uint64_t response_bytes = 0;           // bodies and tunnel bytes towards the client
  std::uint64_t origin_errors = 0;            // refused, timed out, broken or cut short
  std::chrono::microseconds total_latency{};  // request head to end of answer, summed up
};

// Of the copies that a route's mirror gets.
struct ProxyMirrorCounters {
  std::uint64_t requests = 0;  // answered by it
  std::uint64_t failures = 0;  // it refused the connection, or gave no whole answer
  std::uint64_t dropped = 0;   // not sent, or not whole: it was behind
};

struct ProxyRouteView {
  std::string name;
  std::string path;
  std::string origin;
  base::WallTime changed_at{};  // when it was added or last replaced
  ProxyRouteCounters counters;
  ProxyMirrorCounters mirror{};
  ProxyRoute route{};  // the whole of it
  std::string etag{};  // another one after every change
  // A path in one of the first forms that leads to an origin: what the agent's first call lists.
  bool is_simple = true;
  std::vector<proxy::ObservedOrigin> origins{};  // of an origin_set, in its order
};

}  // namespace mex::routing
