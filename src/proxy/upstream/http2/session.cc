#include "proxy/upstream/http2/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "http/trailers.h"
#include "proxy/upstream/origin_request.h"

namespace mex::proxy::upstream::http2 {
namespace {

// What may be on its way on one stream before the client has taken it, and on all of them.
constexpr std::uint32_t kStreamWindow = 65'535;
constexpr std::int32_t kConnectionWindow = 1 << 20;

}  // namespace

Session::Session(OriginConnection& connection, std::shared_ptr<Library> library)
    : connection_(connection), shared_(std::move(library)), budget_(bounds_) {}

Session::~Session() {
  // A connection that closes without a word has no exchange.
  if (session_ != nullptr) nghttp2_session_del(session_);
}

OriginStream& Session::open_stream(OriginStreamHandler& handler) {
  std::unique_ptr<Stream> stream = shared_->take_stream();
  stream->set_place(streams_.size());
  streams_.push_back(std::move(stream));
  const bool is_reused = use_.has_had_stream;
  use_.has_had_stream = is_connected();
  use_.is_resting = false;
  if (is_connected()) connection_.deadline().disarm();
  return streams_.back()->open(*this, handler, is_reused);
}

bool Session::has_room() const {
  if (use_.is_draining) return false;
  std::size_t most = connection_.options().max_streams;
  if (session_ != nullptr) {
    const std::size_t allowed =
        nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    most = std::min(most, allowed);
    if (nghttp2_session_check_request_allowed(session_) == 0) return false;
  }
  return streams_.size() < most;
}

void Session::on_connected() {
  session_ = shared_->create_session(*this);
  if (session_ == nullptr) return connection_.fail({OriginFault::Broken, "out of memory"});
  connection_.deadline().disarm();
  constexpr std::array kSettings{
      nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 65'536},
  };
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, kSettings.data(), kSettings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  use_.has_had_stream = true;
  // Handlers may open further streams, which find themselves ready.
  const std::size_t waiting = streams_.size();
  for (std::size_t i = 0; i < waiting && connection_.is_open(); ++i) streams_[i]->on_connected();
  connection_.flush_soon();
}

std::int32_t Session::submit(const OriginRequest& request, Stream& stream,
                             const nghttp2_data_provider* body) {
  const std::size_t size = origin_request_size(request);
  if (session_ == nullptr || size > net::BufferPool::kMaxBlock) return 0;
  // Its place is taken back at once: nghttp2 keeps a copy of the fields.
  const std::span<char> space = connection_.output().reserve(size);
  const std::size_t written = write_origin_request(request, space);
  RequestFields& fields = shared_->fields();
  if (written == 0 || !fields.read({space.data(), written}, request.route.origin().tls,
                                   http::accepts_trailers(request.client.headers))) {
    return 0;
  }
  return std::max(
      nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), body, &stream), 0);
}

bool Session::is_output_full() const {
  return connection_.output().size() >= connection_.options().high_water;
}

Stream* Session::stream_of(std::int32_t id) const {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_, id));
}

void Session::note_change(Stream& stream) {
  if (stream.is_changed()) return;
  stream.set_changed(true);
  changed_.push_back(&stream);
  const bool is_seen_to = use_.is_serving || use_.is_reading;
  if (!is_seen_to && connection_.is_open()) connection_.flush_soon();
}

// Where nothing at all has come since, the whole connection may be dead without knowing it.
void Session::note_timeout(std::chrono::milliseconds waited) {
  if (shared_->now() - last_input_ >= waited) use_.is_draining = true;
}

bool Session::process_input() {
  if (session_ == nullptr || !feed()) return false;
  serve();
  if (!connection_.is_open()) return false;
  if (!connection_.output().empty()) connection_.flush_soon();
  use_.is_input_held = is_output_full();
  return !use_.is_input_held && !use_.has_ended;
}

// Frames are counted before nghttp2 looks at them: what is too much costs no more than this. False
// if that was the end of the connection.
bool Session::feed() {
  net::Buffer& input = connection_.input();
  if (input.empty() || is_output_full()) return true;
  last_input_ = shared_->now();
  const std::string_view bytes = input.readable();
  frames_.feed(bytes, [&](const http::Http2FrameHeader& header) {
    if (!abuse_.empty()) return;
    // Our first frame says that there are to be none, and no request came before it.
    if (header.type == http::Http2FrameType::PushPromise) abuse_ = "a push that was not wanted";
    if (budget_.on_frame(header, last_input_)) abuse_ = "a flood of frames";
  });
  if (!abuse_.empty()) {
    give_up(std::exchange(abuse_, {}));
    return false;
  }
  use_.is_reading = true;
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  use_.is_reading = false;
  input.clear();
  if (taken >= 0 && abuse_.empty()) return true;
  give_up(abuse_.empty() ? nghttp2_strerror(static_cast<int>(taken)) : std::exchange(abuse_, {}));
  return false;
}

void Session::serve() {
  use_.is_serving = true;
  do {
    advance();
    if (connection_.is_open()) pump();
  } while (connection_.is_open() && !changed_.empty());
  use_.is_serving = false;
  if (connection_.is_open()) end_if_idle();
}

void Session::advance() {
  advancing_.swap(changed_);
  for (Stream* const stream : advancing_) {
    stream->set_changed(false);
    stream->advance();
    if (!connection_.is_open()) break;
    // What its end has caused is seen in the next round.
    if (stream->is_done() && !stream->is_changed()) release(*stream);
  }
  advancing_.clear();
}

void Session::pump() {
  net::OutputQueue& output = connection_.output();
  while (connection_.is_writable() && !is_output_full()) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) return give_up(nghttp2_strerror(static_cast<int>(size)));
    // Bodies have been moved already.
    output.append({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
    if (!abuse_.empty()) return give_up(std::exchange(abuse_, {}));
    if (size == 0) return;
  }
}

void Session::end_if_idle() {
  if (!streams_.empty()) return;
  const bool is_over = use_.is_draining || use_.has_ended || connection_.is_old() ||
                       nghttp2_session_check_request_allowed(session_) == 0;
  if (is_over) return connection_.close();
  if (use_.is_resting) return;
  use_.is_resting = true;
  connection_.deadline().arm(connection_.options().idle_timeout);
  connection_.rest();
}

void Session::release(Stream& stream) {
  stream.close();
  const std::size_t place = stream.place();
  std::unique_ptr<Stream> released = std::move(streams_[place]);
  if (place + 1 < streams_.size()) {
    streams_[place] = std::move(streams_.back());
    streams_[place]->set_place(place);
  }
  streams_.pop_back();
  shared_->give_back(std::move(released));
}

int Session::on_header(const nghttp2_frame& frame, std::string_view name, std::string_view value) {
  Stream* const stream = stream_of(frame.hd.stream_id);
  if (stream == nullptr) return 0;
  const auto fault = stream->on_field(name, value);
  if (!fault) return 0;
  if (*fault == OriginFault::FramesMalformed) {
    abuse_ = "a head without end";
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  stream->give_up(*fault, "");
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

void Session::on_frame(const nghttp2_frame& frame) {
  // Streams that it has not looked at are closed by nghttp2 as refused.
  if (frame.hd.type == NGHTTP2_GOAWAY) use_.is_draining = true;
  Stream* const stream = frame.hd.stream_id == 0 ? nullptr : stream_of(frame.hd.stream_id);
  if (stream == nullptr) return;
  const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (frame.hd.type == NGHTTP2_HEADERS) stream->on_head(ends);
  if (frame.hd.type == NGHTTP2_DATA && ends) stream->on_input_end();
  if (frame.hd.type == NGHTTP2_RST_STREAM) stream->on_reset_by_origin();
}

void Session::on_data(std::int32_t stream_id, std::string_view bytes) {
  // What one client does not take must not stop the others: each stream has its own window.
  nghttp2_session_consume_connection(session_, bytes.size());
  if (Stream* const stream = stream_of(stream_id)) stream->on_data(bytes);
}

// nghttp2 says so when it has found a connection error (section 5.4.1), and reads nothing more.
void Session::on_frame_sent(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_GOAWAY || frame.goaway.error_code == NGHTTP2_NO_ERROR) return;
  abuse_ = nghttp2_http2_strerror(frame.goaway.error_code);
}

int Session::on_send_data(const nghttp2_frame& frame, std::string_view header, std::size_t length) {
  Stream* const stream = stream_of(frame.hd.stream_id);
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  connection_.output().append(header);
  stream->move_body(length, connection_.output());
  budget_.on_data_sent();
  return is_output_full() ? NGHTTP2_ERR_PAUSE : 0;
}

void Session::on_stream_closed(std::int32_t stream_id, std::uint32_t error_code) {
  Stream* const stream = stream_of(stream_id);
  if (stream == nullptr) return;
  nghttp2_session_set_stream_user_data(session_, stream_id, nullptr);
  // Streams that are begun and thrown away cost the origin nothing.
  const bool is_thrown_away = stream->is_open() && !stream->is_whole() && !use_.is_draining;
  if (!is_thrown_away) {
    budget_.on_answered();
  } else if (budget_.on_reset()) {
    abuse_ = "a flood of resets";
  }
  stream->on_closed(error_code);
}

// Answers that are whole are still handed over, as their clients take them.
void Session::on_input_end() {
  use_.has_ended = true;
  use_.is_draining = true;
  if (session_ == nullptr) return connection_.fail({OriginFault::ClosedEarly, {}});
  for (const auto& stream : streams_) {
    if (!stream->is_whole()) stream->give_up(OriginFault::ClosedEarly, "");
  }
  serve();
}

void Session::prepare_output() {
  if (session_ != nullptr) serve();
}

void Session::on_output_sent() {
  if (session_ == nullptr) return;
  const bool has_more = nghttp2_session_want_write(session_) != 0 && !is_output_full();
  if (has_more && connection_.output().empty()) connection_.flush_soon();
  if (use_.is_input_held && !is_output_full()) {
    use_.is_input_held = false;
    connection_.receive_soon();
  }
}

// Nothing was asked for so long.
void Session::on_deadline() { connection_.close(); }

void Session::give_up(std::string detail) {
  connection_.fail({OriginFault::FramesMalformed, std::move(detail)});
}

// The connection has closed.
void Session::on_failed(OriginError error) {
  use_.is_draining = true;
  // Handlers may ask for other streams meanwhile, of other connections.
  for (std::size_t i = 0; i < streams_.size(); ++i) streams_[i]->fail(error);
  changed_.clear();
  for (const auto& stream : streams_) stream->close();
}

}  // namespace mex::proxy::upstream::http2
