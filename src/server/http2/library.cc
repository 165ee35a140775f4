#include "server/http2/library.h"

#include "base/check.h"
#include "server/http2/session.h"

namespace mex::server::http2 {
namespace {

Session& session_of(void* user_data) { return *static_cast<Session*>(user_data); }

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
  return session_of(user_data).on_begin_headers(*frame);
}

int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
              std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
              std::uint8_t /*flags*/, void* user_data) {
  return session_of(user_data).on_header(*frame, text_of(name, name_length),
                                         text_of(value, value_length));
}

// Else nghttp2 leaves such a field out, and a request goes on that its client did not send.
int on_invalid_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t,
                      const std::uint8_t*, std::size_t, std::uint8_t, void*) {
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
  session_of(user_data).on_frame(*frame);
  return 0;
}

int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
            std::size_t size, void* user_data) {
  session_of(user_data).on_data(stream, text_of(data, size));
  return 0;
}

int on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
  session_of(user_data).on_frame_sent(*frame);
  return 0;
}

int on_send_data(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* header,
                 std::size_t length, nghttp2_data_source*, void* user_data) {
  return session_of(user_data).on_send_data(*frame, text_of(header, http::Http2FrameHeader::kSize),
                                            length);
}

int on_stream_closed(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user_data) {
  session_of(user_data).on_stream_closed(stream);
  return 0;
}

}  // namespace

Library::Library(ConnectionContext& context) : streams_(context) {
  MEX_CHECK(nghttp2_session_callbacks_new(&callbacks_) == 0 && nghttp2_option_new(&option_) == 0,
            "no memory for a server");
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks_, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks_, on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks_, on_invalid_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks_, on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks_, on_data);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks_, on_frame_sent);
  nghttp2_session_callbacks_set_send_data_callback(callbacks_, on_send_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks_, on_stream_closed);

  nghttp2_option_set_no_auto_window_update(option_, 1);
  nghttp2_option_set_no_closed_streams(option_, 1);
  nghttp2_option_set_max_continuations(option_, context.options.http2.continuations);
  // Else a larger head would not be sent, without a word (ResponseFields bounds it).
  nghttp2_option_set_max_send_header_block_length(option_, 2 * net::BufferPool::kMaxBlock);
}

Library::~Library() {
  nghttp2_session_callbacks_del(callbacks_);
  nghttp2_option_del(option_);
}

nghttp2_session* Library::create_session(Session& session) {
  nghttp2_session* created = nullptr;
  nghttp2_session_server_new3(&created, callbacks_, &session, option_, memory_.functions());
  return created;
}

}  // namespace mex::server::http2
