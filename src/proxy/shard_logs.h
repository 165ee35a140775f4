#pragma once

#include <cstddef>
#include <random>
#include <string_view>

#include "base/clock.h"
#include "proxy/access_log/access_writer.h"
#include "proxy/failure_log.h"
#include "proxy/request_id.h"
#include "proxy/route/route.h"
#include "proxy/trace_context.h"
#include "server/exchange.h"

namespace mex::proxy {

// What a shard reports of its requests, and the names it gives them. Shard thread only.
struct ShardLogs {
  ShardLogs(AccessLog* log, std::size_t shard, bool has_query) : access(log, shard, has_query) {}

  void make(TraceParent& trace) { trace.make(random(), random(), random()); }

  // Lines of the access log, while it is on, for requests that go to no origin: one that is
  // answered, of a route or of none (null), with a word for what is wrong; and one that no service
  // has seen.
  void note_answered(const server::Exchange& exchange, const route::Route* route,
                     std::string_view error, base::WallTime now);
  void note_refused(const server::RefusedRequest& request, base::WallTime now);

  RequestIds ids;
  FailureLog failures;
  AccessWriter access;
  std::mt19937_64 random{std::random_device{}()};  // ids of traces; no secrets
};

}  // namespace mex::proxy
