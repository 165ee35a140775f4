#include "proxy/shard_logs.h"

#include "proxy/exchange_notes.h"

namespace mex::proxy {

void ShardLogs::note_answered(const server::Exchange& exchange, const route::Route* route,
                              std::string_view error, base::WallTime now) {
  if (!access.is_on()) return;
  ExchangeNotes notes;
  notes.begin({}, *this);
  notes.note_error(error);
  AccessEntry entry = notes.entry(exchange);
  entry.time = now;
  if (route != nullptr) entry.route = route->name();
  const server::ResponseProgress response = exchange.response_progress();
  entry.status = response.status;
  entry.bytes_out = response.body_bytes;
  access.record(entry);
}

void ShardLogs::note_refused(const server::RefusedRequest& request, base::WallTime now) {
  if (!access.is_on()) return;
  const RequestId id = ids.next();
  AccessEntry entry = access_entry(request.connection, request.head);
  entry.time = now;
  entry.request_id = id.view();
  entry.status = request.status;
  entry.error = "refused";
  entry.reason = request.reason;
  access.record(entry);
}

}  // namespace mex::proxy
