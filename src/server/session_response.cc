// The response's side of a session: what handlers call.

#include <array>

#include "base/check.h"
#include "http/writer.h"
#include "server/server_core.h"
#include "server/session.h"

namespace mex::server {
namespace {

constexpr int kContinue = 100;
constexpr int kSwitchingProtocols = 101;

}  // namespace

bool Session::may_send() const { return in_exchange() && !response_ended_ && !aborted_; }

void Session::queue(std::string_view bytes) {
  output_.append(bytes);
  if (output_full()) was_full_ = true;
  advance_soon();
}

bool Session::output_full() const { return output_.size() >= core_.options().output_high_water; }

void Session::pause_body() {
  body_paused_ = true;
  // Now it is not the client who is slow.
  if (phase_ == Phase::Exchange) input_timer_.disarm();
}

void Session::resume_body() {
  if (!body_paused_ || !in_exchange()) return;
  body_paused_ = false;
  continue_if_awaited();
  advance_soon();
}

// RFC 9110 section 10.1.1: the body is wanted, and the client may be waiting to hear so.
void Session::continue_if_awaited() {
  if (phase_ != Phase::Exchange || !request().expects_continue || continue_sent_ || head_sent_) {
    return;
  }
  if (request_->body.done()) return;
  // A body that has begun to arrive needs no invitation.
  if (!unread().empty()) return;
  send_informational(kContinue, {});
}

void Session::send_informational(int status, std::span<const HeaderView> headers) {
  if (!may_send() || head_sent_ || request().version == http::Version::Http10) return;
  if (status == kContinue) continue_sent_ = true;
  const bool sent = append_response_head(output_, {.status = status, .headers = headers});
  // An interim response that cannot be sent is left out; the final one decides.
  if (sent) advance_soon();
}

ConnectionOption Session::connection_option(int status) {
  if (status == kSwitchingProtocols) {
    keep_alive_ = false;
    return ConnectionOption::Upgrade;
  }
  const bool body_unasked =
      request().expects_continue && !continue_sent_ && !request_done_ && unread().empty();
  if (core_.draining() || input_ended_ || body_unasked || body_mode_ == BodyMode::UntilClose) {
    keep_alive_ = false;
  }
  if (!keep_alive_) return ConnectionOption::Close;
  return request().version == http::Version::Http10 ? ConnectionOption::KeepAlive
                                                    : ConnectionOption::Unsaid;
}

void Session::send_head(int status, std::span<const HeaderView> headers, BodyLength length) {
  MEX_DCHECK(!head_sent_, "a response has one head");
  if (!may_send() || head_sent_) return;
  body_mode_ = body_mode(length, status, request().method, request().version);
  response_left_ = length.bytes();
  const ResponseHeadPlan plan{.status = status,
                              .headers = headers,
                              .length = length,
                              .mode = body_mode_,
                              .connection = connection_option(status),
                              .date = core_.date()};
  if (!append_response_head(output_, plan)) {
    give_up_response();
    return;
  }
  head_sent_ = true;
  core_.count_response(status);
  advance_soon();
}

// A 500 in place of a response that cannot be sent; what the handler sends of it is dropped.
void Session::give_up_response() {
  constexpr std::string_view kText = "the response could not be made\n";
  constexpr std::array<HeaderView, 1> kHeaders{
      HeaderView{"Content-Type", "text/plain; charset=utf-8"}};
  keep_alive_ = false;
  head_sent_ = true;
  response_ended_ = true;
  const BodyLength length = BodyLength::exactly(kText.size());
  const BodyMode mode = body_mode(length, 500, request().method, request().version);
  append_response_head(output_, {.status = 500,
                                 .headers = kHeaders,
                                 .length = length,
                                 .mode = mode,
                                 .connection = ConnectionOption::Close,
                                 .date = core_.date()});
  if (mode == BodyMode::Counted) output_.append(kText);
  core_.count_response(500);
  advance_soon();
}

void Session::send_body(std::string_view bytes) {
  if (!may_send() || bytes.empty()) return;
  if (tunnel_wanted_) {
    queue(bytes);
    return;
  }
  MEX_DCHECK(head_sent_, "the head comes before the body");
  if (!head_sent_) return;
  switch (body_mode_) {
    case BodyMode::Absent:
      return;
    case BodyMode::Counted:
      if (bytes.size() > response_left_) {
        // Bytes over the promised length would be read as the next response.
        abort();
        return;
      }
      response_left_ -= bytes.size();
      queue(bytes);
      return;
    case BodyMode::Chunked:
      output_.append(http::ChunkPrefix(bytes.size()).text());
      output_.append(bytes);
      queue(http::kChunkSuffix);
      return;
    case BodyMode::UntilClose:
      queue(bytes);
      return;
  }
}

void Session::end_body() {
  if (!may_send()) return;
  const bool short_of_promise = body_mode_ == BodyMode::Counted && response_left_ > 0;
  if (!head_sent_ || short_of_promise) {
    abort();
    return;
  }
  if (!tunnel_wanted_ && body_mode_ == BodyMode::Chunked) output_.append(http::kLastChunk);
  response_ended_ = true;
  advance_soon();
}

void Session::switch_to_tunnel() {
  if (!may_send()) return;
  tunnel_wanted_ = true;
  keep_alive_ = false;
  // With a request body still to come, the tunnel begins behind it.
  if (request_done_) phase_ = Phase::Tunnel;
  input_timer_.arm(core_.options().tunnel_idle_timeout);
  advance_soon();
}

void Session::abort() {
  const bool answered = phase_ == Phase::Exchange && response_ended_;
  if (!in_exchange() || answered) return;
  aborted_ = true;
  advance_soon();
}

// For faults that no handler answers: the connection is of no further use.
void Session::answer_and_close(int status, std::string_view line) {
  constexpr std::array<HeaderView, 1> kHeaders{
      HeaderView{"Content-Type", "text/plain; charset=utf-8"}};
  const BodyLength length = BodyLength::exactly(line.size() + 1);
  append_response_head(output_, {.status = status,
                                 .headers = kHeaders,
                                 .length = length,
                                 .mode = BodyMode::Counted,
                                 .connection = ConnectionOption::Close,
                                 .date = core_.date()});
  output_.append(line);
  output_.append("\n");
  core_.count_response(status);
  consumed_ = input_.size();
  begin_closing();
  advance_soon();
}

}  // namespace mex::server
