#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "api/call_lane.h"
#include "api/lane.h"

namespace mex::api {

// The threads of one server, and the calls that wait for them. Below RpcLimits::answer_time, so
// that who waits in vain hears that nothing was begun.
inline CallLane::Limits default_lane(Lane lane) {
  using std::chrono::seconds;
  switch (lane) {
    case Lane::Read:
      return {.name = "reads", .threads = 4, .waiting = 128, .max_wait = seconds(10)};
    case Lane::Cluster:
      return {.name = "changes of clusters", .threads = 4, .waiting = 128, .max_wait = seconds(30)};
    case Lane::Routing:
      return {.name = "changes of routes", .threads = 2, .waiting = 128, .max_wait = seconds(30)};
    case Lane::Nginx:
      return {.name = "changes of nginx instances",
              .threads = 2,
              .waiting = 128,
              .max_wait = seconds(30)};
    case Lane::Name:
      return {.name = "changes of names and certificates",
              .threads = 2,
              .waiting = 32,
              .max_wait = seconds(30)};
  }
  return {};
}

// What the calls of one server may take together. gRPC's port and REST have a server each, so that
// the callers of one do not starve those of the other.
struct RpcLimits {
  // Of a request and of what is said beside it.
  std::size_t max_message = 1 << 20;  // as a REST body
  // All calls that are let in, and those of them whose message is still on its way: when these are
  // too many, the one that takes longest is given up.
  std::size_t calls = 256;
  std::size_t reading = 32;
  // Of requests that were read, and of answers that their callers have not read.
  std::size_t request_bytes = 32 << 20;
  std::size_t reply_bytes = 64 << 20;
  // For a message to arrive, for an answer to be made (from the call's beginning), and for its
  // caller to read it.
  std::chrono::milliseconds read_time{10'000};
  std::chrono::milliseconds answer_time{55'000};
  std::chrono::milliseconds write_time{30'000};
  std::function<CallLane::Limits(Lane)> lane = default_lane;
};

}  // namespace mex::api
