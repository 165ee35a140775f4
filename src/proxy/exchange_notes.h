#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "proxy/access_log/access_entry.h"
#include "proxy/request_id.h"
#include "proxy/trace_context.h"
#include "server/exchange.h"

namespace mex::proxy {

struct ShardLogs;

// What is noted of one exchange while it goes on, for the logs at its end, and the names it has
// there: its request id and its trace. Shard thread only.
class ExchangeNotes {
 public:
  // `now`: of the loop. The exact clock is read only where the access log is on.
  void begin(base::SteadyTime now, ShardLogs& logs);
  base::SteadyTime began_at() const { return began_at_; }

  void note_sent();      // the request's head, to an origin
  void note_answered();  // the head of the origin's answer has come
  void note_retry() { ++retries_; }
  void note_error(std::string_view word) { error_ = word; }

  // The client's, if it sent one that is well-formed; else one of ours.
  std::string_view request_id(const server::Exchange& client);
  // What an origin sees of the trace. `names_requests`: one is made for a request that brought
  // none. Views live as long as `space` and the notes.
  TraceLines trace_lines(const server::Exchange& client, bool names_requests,
                         TraceStateSpace& space);

  // The line of the access log, as far as it is known here.
  AccessEntry entry(const server::Exchange& client);

 private:
  std::string_view trace_id(const server::Exchange& client) const;

  ShardLogs* logs_ = nullptr;
  base::SteadyTime began_at_{};
  base::SteadyTime exact_began_at_{};
  AccessTimes times_;
  std::string_view error_;
  unsigned retries_ = 0;
  RequestId own_id_;  // empty until it is asked for
  TraceParent own_trace_;
};

}  // namespace mex::proxy
