#include "proxy/exchange_notes.h"

#include <chrono>

#include "http/known_header.h"
#include "proxy/shard_logs.h"

namespace mex::proxy {
namespace {

using http::KnownHeader;

base::SteadyTime exact_now() { return std::chrono::steady_clock::now(); }

}  // namespace

void ExchangeNotes::begin(base::SteadyTime now, ShardLogs& logs) {
  logs_ = &logs;
  began_at_ = now;
  if (logs.access.is_on()) exact_began_at_ = exact_now();
  times_ = {};
  error_ = {};
  retries_ = 0;
  own_id_ = {};
  own_trace_.clear();
}

void ExchangeNotes::note_sent() {
  if (logs_->access.is_on()) times_.connect = exact_now() - exact_began_at_;
}

void ExchangeNotes::note_answered() {
  if (logs_->access.is_on()) times_.first_byte = exact_now() - exact_began_at_;
}

std::string_view ExchangeNotes::request_id(const server::Exchange& client) {
  const std::string_view given = client.request().headers.value(KnownHeader::XRequestId);
  if (is_request_id(given)) return given;
  if (own_id_.view().empty()) own_id_ = logs_->ids.next();
  return own_id_.view();
}

TraceLines ExchangeNotes::trace_lines(const server::Exchange& client, bool names_requests,
                                      TraceStateSpace& space) {
  const http::HeaderList& headers = client.request().headers;
  TraceLines lines;
  const ClientTrace trace = client_trace(headers);
  if (trace == ClientTrace::Valid) {
    if (!headers.has(KnownHeader::Tracestate)) return lines;
    lines.is_client_kept = false;
    lines.traceparent = headers.value(KnownHeader::Traceparent);
    lines.tracestate = trace_state(headers, space);
    return lines;
  }
  if (trace == ClientTrace::Invalid || names_requests) {
    if (own_trace_.is_empty()) logs_->make(own_trace_);
    lines.traceparent = own_trace_.view();
  }
  // Without its traceparent, a tracestate means nothing.
  lines.is_client_kept = lines.traceparent.empty() && !headers.has(KnownHeader::Tracestate);
  return lines;
}

std::string_view ExchangeNotes::trace_id(const server::Exchange& client) const {
  const http::HeaderList& headers = client.request().headers;
  if (!own_trace_.is_empty()) return trace_id_of(own_trace_.view());
  return client_trace(headers) == ClientTrace::Valid
             ? trace_id_of(headers.value(KnownHeader::Traceparent))
             : std::string_view();
}

AccessEntry ExchangeNotes::entry(const server::Exchange& client) {
  AccessEntry entry = access_entry(client.connection(), &client.request());
  entry.request_id = request_id(client);
  entry.trace_id = trace_id(client);
  entry.error = error_;
  entry.retries = retries_;
  entry.times = times_;
  entry.times.total = exact_now() - exact_began_at_;
  return entry;
}

}  // namespace mex::proxy
