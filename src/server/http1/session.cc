#include "server/http1/session.h"

#include "http/parse_error.h"
#include "server/http1/response_writer.h"

namespace mex::server::http1 {

// A new connection has as long for its first request as for any head: one that never sends anything
// must not hold its place for the idle time.
Session::Session(Connection& connection, ConnectionContext& context, StreamPool& streams)
    : connection_(connection), context_(context), streams_(streams) {
  connection_.deadline().arm(context_.options.head_timeout);
}

bool Session::is_output_full() const {
  return connection_.output().size() >= context_.options.output_high_water;
}

bool Session::wants_input() const {
  return has_open_streams() ? stream_->wants_input() : !is_output_full();
}

void Session::process_input() {
  while (has_open_streams() || begin_stream()) {
    switch (stream_->process_input()) {
      case Stream::Progress::Waiting:
        return;
      case Stream::Progress::Complete:
        if (!end_stream()) return;
        break;
      case Stream::Progress::Malformed: {
        const http::ParseError error = stream_->body_error();
        context_.metrics.count_rejected();
        fail_stream(CloseReason::ClientFault, http::status_for(error), http::to_string(error));
        return;
      }
    }
  }
}

// True if a stream has begun.
bool Session::begin_stream() {
  net::Buffer& input = connection_.input();
  if (input.empty() || is_output_full()) return false;
  const bool is_first_look = stream_ == nullptr;
  if (is_first_look) stream_ = streams_.take();
  const http::ParseOutcome outcome = stream_->reader().parse(input);
  switch (outcome.state) {
    case http::ParseOutcome::State::NeedMore:
      // Armed once for each head: bytes that trickle in buy no time.
      if (is_first_look) connection_.deadline().arm(context_.options.head_timeout);
      return false;
    case http::ParseOutcome::State::Rejected:
      context_.metrics.count_rejected();
      refuse(nullptr, http::status_for(outcome.error), http::to_string(outcome.error));
      return false;
    case http::ParseOutcome::State::Complete:
      if (!admit_request()) return false;
      stream_->begin(connection_, outcome.head_length);
      return true;
  }
  return false;
}

bool Session::admit_request() {
  const http::RequestHead& head = stream_->reader().head();
  switch (connection_.admit_request(head)) {
    case RequestVerdict::Admitted:
    case RequestVerdict::Probe:
      return true;
    case RequestVerdict::TooManyOfClient:
      refuse(&head, 429, "too many requests of this client are under way");
      return false;
    case RequestVerdict::NoRoom:
      refuse(&head, 503, "all connections are taken");
      return false;
    case RequestVerdict::Misdirected:
      refuse(&head, 421, kMisdirected);
      return false;
  }
  return false;
}

// True if the connection is kept for another request.
bool Session::end_stream() {
  stream_->finish(CloseReason::Completed);
  connection_.end_request();
  // A head that was sent before the drain began has promised to keep the connection.
  const bool is_kept = stream_->response().keeps_connection() && !context_.closes_idle;
  release_stream();
  if (!is_kept || (connection_.input_ended() && connection_.input().empty())) {
    connection_.linger();
    return false;
  }
  connection_.deadline().arm(context_.options.idle_timeout);
  return true;
}

void Session::release_stream() {
  stream_->reader().reset(connection_.input());
  streams_.give_back(std::move(stream_));
}

void Session::fail_stream(CloseReason reason, int status, std::string_view line) {
  const bool is_answerable = !stream_->response().has_head();
  if (is_answerable) stream_->note_refusal(status);
  stream_->finish(reason);
  if (is_answerable) {
    reject(status, line);
  } else {
    connection_.abort(reason);
  }
}

// Of a request that no handler has seen.
void Session::refuse(const http::RequestHead* head, int status, std::string_view line) {
  context_.service.on_refused({connection_.info(), head, status, line});
  reject(status, line);
}

// For faults that no handler answers: the connection is of no further use.
void Session::reject(int status, std::string_view line) {
  send_rejection(context_, connection_.output(), status, line);
  release_stream();
  connection_.linger();
  connection_.wake();
}

void Session::on_input_end() {
  if (has_open_streams()) return stream_->on_input_end();
  // Also with half a request: a client that stops there expects no answer.
  if (stream_ != nullptr) release_stream();
  connection_.linger();
}

void Session::on_output_sent() {
  if (has_open_streams()) return stream_->on_output_sent();
  // A request that waited behind the output can be processed now.
  if (stream_ == nullptr && connection_.may_have_input() && !is_output_full()) connection_.wake();
}

void Session::on_deadline() {
  if (stream_ == nullptr) return connection_.cut(CloseReason::Timeout);
  context_.metrics.count_timeout();
  const ResponseWriter& response = stream_->response();
  if (!stream_->is_open()) {
    refuse(nullptr, 408, "the request's head took too long");
  } else if (stream_->is_tunnel()) {
    connection_.cut(CloseReason::Timeout);
  } else if (response.has_ended()) {
    stream_->give_up_request();
    connection_.wake();
  } else if (!response.has_head()) {
    fail_stream(CloseReason::Timeout, 408, "the request's body took too long");
  } else {
    connection_.cut(CloseReason::Timeout);
  }
}

void Session::on_drain() {
  if (context_.closes_idle && stream_ == nullptr && connection_.input().empty()) {
    connection_.linger();
  }
}

void Session::on_close(CloseReason reason) {
  if (stream_ == nullptr) return;
  stream_->finish(reason);
  release_stream();
}

}  // namespace mex::server::http1
