#include "proxy/upstream/http2/library.h"

#include <string_view>

#include "base/check.h"
#include "http/http2_frame.h"
#include "net/buffer.h"
#include "proxy/upstream/http2/session.h"

namespace mex::proxy::upstream::http2 {
namespace {

// CONTINUATION frames of one head.
constexpr std::size_t kMaxContinuations = 8;

Session& owner_of(void* user_data) { return *static_cast<Session*>(user_data); }

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

void set_callbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                    std::uint8_t /*flags*/, void* owner) {
        return owner_of(owner).on_header(*frame, text_of(name, name_length),
                                         text_of(value, value_length));
      });
  // Else nghttp2 leaves such a field out, and an answer goes on that its origin did not send.
  nghttp2_session_callbacks_set_on_invalid_header_callback(
      callbacks,
      [](nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t,
         const std::uint8_t*, std::size_t, std::uint8_t,
         void*) -> int { return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* owner) {
        owner_of(owner).on_frame(*frame);
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                    std::size_t size, void* owner) {
        owner_of(owner).on_data(stream, text_of(data, size));
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* owner) {
        owner_of(owner).on_frame_sent(*frame);
        return 0;
      });
  nghttp2_session_callbacks_set_send_data_callback(
      callbacks, [](nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* header,
                    std::size_t length, nghttp2_data_source*, void* owner) {
        return owner_of(owner).on_send_data(*frame, text_of(header, http::Http2FrameHeader::kSize),
                                            length);
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t stream, std::uint32_t error_code, void* owner) {
        owner_of(owner).on_stream_closed(stream, error_code);
        return 0;
      });
}

}  // namespace

Library::Library(OriginContext& context) : context_(context) {
  MEX_CHECK(nghttp2_session_callbacks_new(&callbacks_) == 0 && nghttp2_option_new(&option_) == 0,
            "no memory for origins");
  set_callbacks(callbacks_);
  nghttp2_option_set_no_auto_window_update(option_, 1);
  nghttp2_option_set_no_closed_streams(option_, 1);
  nghttp2_option_set_max_continuations(option_, kMaxContinuations);
  // Else a larger head would not be sent, without a word (origin_request.h bounds it).
  nghttp2_option_set_max_send_header_block_length(option_, 4 * net::BufferPool::kMaxBlock);
}

Library::~Library() {
  nghttp2_session_callbacks_del(callbacks_);
  nghttp2_option_del(option_);
}

nghttp2_session* Library::create_session(Session& session) {
  nghttp2_session* created = nullptr;
  nghttp2_session_client_new3(&created, callbacks_, &session, option_, memory_.functions());
  return created;
}

std::unique_ptr<Stream> Library::take_stream() {
  if (streams_.empty()) return std::make_unique<Stream>(context_);
  std::unique_ptr<Stream> stream = std::move(streams_.back());
  streams_.pop_back();
  return stream;
}

std::shared_ptr<Library> library_of(OriginContext& context) {
  if (context.http2 == nullptr) context.http2 = std::make_shared<Library>(context);
  return context.http2;
}

}  // namespace mex::proxy::upstream::http2
