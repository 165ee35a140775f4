#include "server/http2/session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace mex::server::http2 {
namespace {

// Between the two steps of a drain, for clients that do not answer the PING between them.
constexpr std::chrono::milliseconds kDrainNotice{1'000};

RequestHead::Fault fault_of(Trailers::Fault fault) {
  switch (fault) {
    case Trailers::Fault::None:
      return RequestHead::Fault::None;
    case Trailers::Fault::Malformed:
      return RequestHead::Fault::Malformed;
    case Trailers::Fault::Endless:
      return RequestHead::Fault::Endless;
  }
  return RequestHead::Fault::Malformed;
}

}  // namespace

Session::Session(Connection& connection, ConnectionContext& context, Library& library)
    : connection_(connection),
      context_(context),
      shared_(library),
      session_(library.create_session(*this)),
      budget_(context.options.http2),
      drain_timer_(context.loop.timers(), [this] {
        finish_drain();
        connection_.wake();
      }) {
  connection_.set_protocol(HttpProtocol::Http2);
  if (session_ == nullptr) {
    is_over_ = true;
    connection_.fail();
    return;
  }
  announce();
  update_deadline();
  connection_.wake();
}

Session::~Session() {
  if (session_ != nullptr) nghttp2_session_del(session_);
}

void Session::announce() {
  const Http2Options& options = context_.options.http2;
  const std::array settings{
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.streams},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
                             static_cast<std::uint32_t>(context_.options.limits.head)},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},  // RFC 8441
      // Priorities of RFC 7540 cost work and are deprecated (RFC 9113 section 5.3.2).
      nghttp2_settings_entry{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<std::int32_t>(options.connection_window));
}

bool Session::is_output_full() const {
  return connection_.output().size() >= context_.options.output_high_water;
}

Stream* Session::stream_of(std::int32_t id) const {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_, id));
}

bool Session::has_open_streams() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const auto& stream) { return stream->is_open(); });
}

bool Session::awaits_client() const {
  return !streams_.empty() && std::all_of(streams_.begin(), streams_.end(), [](const auto& stream) {
    return stream->awaits_client();
  });
}

void Session::note_change(Stream& stream) {
  if (stream.is_changed()) return;
  stream.set_changed(true);
  changed_.push_back(&stream);
  // Answers of several origins that come in one turn are one send, and one record of TLS.
  if (!is_serving_) connection_.wake(Connection::Wake::AfterTurn);
}

void Session::process_input() {
  if (is_over_) return;
  if (context_.is_draining) begin_drain();
  is_serving_ = true;
  feed();
  if (!is_over_) serve();
  is_serving_ = false;
}

// Frames are counted before nghttp2 looks at them: what is too much costs no more than this.
void Session::feed() {
  net::Buffer& input = connection_.input();
  if (input.empty() || is_output_full()) return;
  const std::string_view bytes = input.readable();
  const std::size_t preface = std::min(preface_left_, bytes.size());
  preface_left_ -= preface;
  std::optional<Abuse> abuse;
  frames_.feed(bytes.substr(preface), [&](const http::Http2FrameHeader& header) {
    if (!abuse) abuse = budget_.on_frame(header, context_.loop.now());
    last_frame_ = header;
  });
  if (abuse) {
    return give_up(*abuse,
                   *abuse == Abuse::Protocol ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM);
  }
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  input.clear();
  if (abuse_) return give_up(*abuse_, NGHTTP2_ENHANCE_YOUR_CALM);
  switch (taken) {
    case NGHTTP2_ERR_FLOODED:
      return give_up(Abuse::IdleFrames, NGHTTP2_ENHANCE_YOUR_CALM);
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
      return give_up(Abuse::Head, NGHTTP2_ENHANCE_YOUR_CALM);
    default:
      if (taken < 0) give_up(Abuse::Protocol, NGHTTP2_PROTOCOL_ERROR);
  }
}

void Session::serve() {
  do {
    advance();
    pump();
    if (is_over_) return;
  } while (!changed_.empty());
  end_if_idle();
  if (!is_over_) update_deadline();
}

void Session::advance() {
  advancing_.swap(changed_);
  for (Stream* const stream : advancing_) {
    stream->set_changed(false);
    stream->advance();
    if (is_over_) break;
    // What its end has caused is seen in the next round.
    if (stream->is_done() && !stream->is_changed()) release(*stream, true);
  }
  advancing_.clear();
}

void Session::pump() {
  net::OutputQueue& output = connection_.output();
  while (!is_output_full()) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) return end(NGHTTP2_INTERNAL_ERROR, CloseReason::Aborted);
    // The callbacks for this frame have been called already.
    output.append({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
    if (abuse_) return give_up(*abuse_, NGHTTP2_ENHANCE_YOUR_CALM);
    if (has_ended_badly_) return give_up(Abuse::Protocol, NGHTTP2_NO_ERROR);
    if (size == 0) return;
  }
}

void Session::release(Stream& stream, bool is_kept) {
  // A connection that ends takes its requests along.
  if (is_kept && stream.is_admitted()) connection_.end_request();
  stream.close();
  const std::size_t place = stream.place();
  std::unique_ptr<Stream> released = std::move(streams_[place]);
  if (place + 1 < streams_.size()) {
    streams_[place] = std::move(streams_.back());
    streams_[place]->set_place(place);
  }
  streams_.pop_back();
  shared_.streams().give_back(std::move(released));
}

// Both sides have said all that they had to say.
void Session::end_if_idle() {
  if (!streams_.empty()) return;
  const bool is_finished =
      nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
  if (!is_finished && !connection_.input_ended()) return;
  is_over_ = true;
  connection_.linger();
}

int Session::on_begin_headers(const nghttp2_frame& frame) {
  if (frame.headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  std::unique_ptr<Stream> stream = shared_.streams().take();
  stream->open(*this, frame.hd.stream_id);
  stream->set_place(streams_.size());
  nghttp2_session_set_stream_user_data(session_, frame.hd.stream_id, stream.get());
  streams_.push_back(std::move(stream));
  has_had_request_ = true;
  return 0;
}

int Session::on_header(const nghttp2_frame& frame, std::string_view name, std::string_view value) {
  Stream* const stream = stream_of(frame.hd.stream_id);
  if (stream == nullptr) return 0;
  const bool is_trailer = frame.headers.cat != NGHTTP2_HCAT_REQUEST;
  const RequestHead::Fault fault =
      is_trailer ? fault_of(stream->on_trailer(name, value)) : stream->head().add(name, value);
  switch (fault) {
    case RequestHead::Fault::Malformed:
      // Of two resets the first one goes out; nghttp2's would say that the fault is here.
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, frame.hd.stream_id,
                                NGHTTP2_PROTOCOL_ERROR);
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    case RequestHead::Fault::Endless:
      note(Abuse::Head);
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    default:
      return 0;
  }
}

void Session::on_frame(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) {
    return finish_drain();
  }
  Stream* const stream = frame.hd.stream_id == 0 ? nullptr : stream_of(frame.hd.stream_id);
  if (stream == nullptr) return;
  const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      if (frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
        begin(*stream, !ends);
      } else if (ends) {
        stream->on_input_end();
      }
      return;
    case NGHTTP2_DATA:
      if (ends) stream->on_input_end();
      return;
    case NGHTTP2_RST_STREAM:
      return stream->on_reset_by_client();
    default:
      return;
  }
}

void Session::begin(Stream& stream, bool has_body) {
  switch (stream.head().finish(has_body)) {
    case RequestHead::Fault::None:
      if (admit(stream)) stream.begin(has_body);
      return;
    case RequestHead::Fault::Refused:
      context_.metrics.count_rejected();
      if (!has_body) stream.on_input_end();
      return refuse(stream, nullptr, stream.head().status(), stream.head().line());
    default:
      context_.metrics.count_rejected();
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id(), NGHTTP2_PROTOCOL_ERROR);
  }
}

// One that no handler has seen.
void Session::refuse(Stream& stream, const http::RequestHead* head, int status,
                     std::string_view line) {
  context_.service.on_refused({connection_.info(), head, status, line});
  // Of a head that could not be read nothing says whether it is gRPC's.
  if (head == nullptr) return stream.reject(status, line);
  stream.refuse(status, line);
}

bool Session::admit(Stream& stream) {
  switch (connection_.admit_request(stream.head().head())) {
    case RequestVerdict::Admitted:
      stream.set_admitted();
      return true;
    case RequestVerdict::Probe:
      return true;
    case RequestVerdict::TooManyOfClient:
      refuse(stream, &stream.head().head(), 429, "too many requests of this client are under way");
      return false;
    case RequestVerdict::NoRoom:
      refuse(stream, &stream.head().head(), 503, "as many requests are under way as there may be");
      return false;
    case RequestVerdict::Misdirected:
      refuse(stream, &stream.head().head(), 421, kMisdirected);
      return false;
  }
  return false;
}

void Session::on_data(std::int32_t stream_id, std::string_view bytes) {
  // What one stream does not take must not stop the others: each has its own window.
  nghttp2_session_consume_connection(session_, bytes.size());
  if (Stream* const stream = stream_of(stream_id)) stream->on_data(bytes);
}

int Session::on_send_data(const nghttp2_frame& frame, std::string_view header, std::size_t length) {
  Stream* const stream = stream_of(frame.hd.stream_id);
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  connection_.output().append(header);
  stream->move_body(length, connection_.output());
  budget_.on_data_sent();
  return is_output_full() ? NGHTTP2_ERR_PAUSE : 0;
}

void Session::on_frame_sent(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_GOAWAY && frame.goaway.error_code != NGHTTP2_NO_ERROR) {
    has_ended_badly_ = true;
  }
  if (frame.hd.stream_id == 0) return;
  Stream* const stream = stream_of(frame.hd.stream_id);
  const bool carries_end = frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS;
  if (stream != nullptr && carries_end && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    stream->on_end_sent();
  }
  // Refused before it became one.
  if (stream == nullptr && frame.hd.type == NGHTTP2_RST_STREAM) note(budget_.on_reset());
}

void Session::on_stream_closed(std::int32_t stream_id) {
  Stream* const stream = stream_of(stream_id);
  if (stream == nullptr) return;
  nghttp2_session_set_stream_user_data(session_, stream_id, nullptr);
  stream->on_stream_closed();
  if (stream->was_malformed()) {
    context_.service.on_refused({connection_.info(), nullptr, 400, "malformed request"});
  }
  if (stream->was_thrown_away()) {
    note(budget_.on_reset());
  } else {
    budget_.on_answered();
  }
}

void Session::note(std::optional<Abuse> abuse) {
  if (!abuse_) abuse_ = abuse;
}

void Session::give_up(Abuse abuse, std::uint32_t error_code) {
  context_.metrics.count_abuse(abuse);
  end(error_code, CloseReason::ClientFault);
}

// Says so by a GOAWAY, where nghttp2 has not: after an error it writes nothing more.
void Session::end(std::uint32_t error_code, CloseReason reason) {
  is_over_ = true;
  end_streams(reason, true);
  if (!has_ended_badly_) {
    const auto last = static_cast<std::uint32_t>(nghttp2_session_get_last_proc_stream_id(session_));
    std::array<char, http::Http2FrameHeader::kSize + 8> frame{};
    frame[2] = 8;
    frame[3] = static_cast<char>(http::Http2FrameType::GoAway);
    for (std::size_t i = 0; i < 4; ++i) {
      frame[9 + i] = static_cast<char>(last >> (24U - 8U * i));
      frame[13 + i] = static_cast<char>(error_code >> (24U - 8U * i));
    }
    connection_.output().append({frame.data(), frame.size()});
  }
  connection_.linger();
  connection_.wake();
}

void Session::on_input_end() {
  if (is_over_) return;
  is_serving_ = true;
  for (const auto& stream : streams_) stream->on_connection_input_end();
  serve();
  is_serving_ = false;
}

void Session::on_output_sent() {
  if (is_over_) return;
  is_serving_ = true;
  serve();
  is_serving_ = false;
  // More to send, or to read what waited behind it.
  if (!connection_.output().empty() || (connection_.may_have_input() && !is_output_full())) {
    connection_.wake();
  }
}

// More of a head has to come before anything else can.
bool Session::is_in_head() const {
  const bool is_head = last_frame_.type == http::Http2FrameType::Headers ||
                       last_frame_.type == http::Http2FrameType::Continuation;
  return is_head &&
         (!last_frame_.has(http::Http2FrameHeader::kEndHeaders) || frames_.is_within_payload());
}

// The first request has to come soon, a head has to come in one go, and a connection without
// streams does not stay for long.
void Session::update_deadline() {
  Waiting waiting = Waiting::Nothing;
  if (is_in_head()) {
    waiting = Waiting::Head;
  } else if (streams_.empty()) {
    waiting = has_had_request_ ? Waiting::Request : Waiting::FirstRequest;
  }
  if (waiting == waiting_) return;
  waiting_ = waiting;
  switch (waiting) {
    case Waiting::Nothing:
      return connection_.deadline().disarm();
    case Waiting::FirstRequest:
    case Waiting::Head:
      return connection_.deadline().arm(context_.options.head_timeout);
    case Waiting::Request:
      return connection_.deadline().arm(context_.options.idle_timeout);
  }
}

void Session::on_deadline() {
  if (is_over_) return;
  if (waiting_ == Waiting::Head) context_.metrics.count_timeout();
  end(NGHTTP2_NO_ERROR, CloseReason::Timeout);
}

void Session::on_drain() {
  if (is_over_) return;
  begin_drain();
  connection_.wake();
}

// RFC 9113 section 6.8: the first GOAWAY asks for no more requests, and those that are on their way
// are still answered; the second one says which the last was.
void Session::begin_drain() {
  if (drain_ != Drain::None) return;
  drain_ = Drain::Announced;
  nghttp2_submit_shutdown_notice(session_);
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  drain_timer_.arm(kDrainNotice);
}

void Session::finish_drain() {
  if (drain_ != Drain::Announced || is_over_) return;
  drain_ = Drain::Final;
  drain_timer_.disarm();
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

void Session::on_close(CloseReason reason) {
  is_over_ = true;
  drain_timer_.disarm();
  end_streams(reason, false);
  // The memory that it works in may be gone before this object is.
  if (!is_serving_) nghttp2_session_del(std::exchange(session_, nullptr));
}

// `is_kept`: the connection is, for a while.
void Session::end_streams(CloseReason reason, bool is_kept) {
  for (const auto& stream : streams_) stream->finish(reason);
  changed_.clear();
  while (!streams_.empty()) {
    Stream& stream = *streams_.back();
    if (session_ != nullptr) {
      nghttp2_session_set_stream_user_data(session_, stream.id(), nullptr);
    }
    release(stream, is_kept);
  }
}

}  // namespace mex::server::http2
