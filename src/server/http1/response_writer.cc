#include "server/http1/response_writer.h"

#include <array>

#include "http/trailers.h"
#include "http/writer.h"

namespace mex::server::http1 {
namespace {

constexpr int kSwitchingProtocols = 101;
constexpr std::array<HeaderView, 1> kPlainText{
    HeaderView{"Content-Type", "text/plain; charset=utf-8"}};

}  // namespace

void ResponseWriter::begin(const http::RequestHead& request, net::OutputQueue& output) {
  request_ = &request;
  output_ = &output;
  left_ = 0;
  mode_ = BodyMode::Absent;
  keeps_connection_ = request.keep_alive;
  has_head_ = false;
  has_last_chunk_ = false;
  has_ended_ = false;
  progress_ = {};
}

void ResponseWriter::send_informational(int status, std::span<const HeaderView> headers) {
  if (request_->version == http::Version::Http10) return;
  // An interim response that cannot be sent is left out; the final one decides.
  append_response_head(*output_, {.status = status, .headers = headers});
}

ConnectionOption ResponseWriter::connection_option(int status) {
  if (status == kSwitchingProtocols) {
    keeps_connection_ = false;
    return ConnectionOption::Upgrade;
  }
  if (context_.is_draining || mode_ == BodyMode::UntilClose) keeps_connection_ = false;
  if (!keeps_connection_) return ConnectionOption::Close;
  return request_->version == http::Version::Http10 ? ConnectionOption::KeepAlive
                                                    : ConnectionOption::Unsaid;
}

void ResponseWriter::send_head(int status, std::span<const HeaderView> headers, BodyLength length) {
  mode_ = body_mode(length, status, request_->method, request_->version);
  left_ = length.bytes();
  const bool is_sent = append_response_head(*output_, {.status = status,
                                                       .headers = headers,
                                                       .length = length,
                                                       .mode = mode_,
                                                       .connection = connection_option(status),
                                                       .date = context_.date.text()});
  if (!is_sent) return send_failure();
  has_head_ = true;
  progress_.status = status;
  context_.metrics.count_response(status);
}

void ResponseWriter::send_failure() {
  constexpr std::string_view kText = "the response could not be made\n";
  keeps_connection_ = false;
  has_head_ = true;
  has_ended_ = true;
  progress_ = {.status = 500, .body_bytes = kText.size()};
  const BodyLength length = BodyLength::exactly(kText.size());
  const BodyMode mode = body_mode(length, 500, request_->method, request_->version);
  append_response_head(*output_, {.status = 500,
                                  .headers = kPlainText,
                                  .length = length,
                                  .mode = mode,
                                  .connection = ConnectionOption::Close,
                                  .date = context_.date.text()});
  if (mode == BodyMode::Counted) output_->append(kText);
  context_.metrics.count_response(500);
}

bool ResponseWriter::send_body(std::string_view bytes) {
  switch (mode_) {
    case BodyMode::Absent:
      return true;
    case BodyMode::Counted:
      if (bytes.size() > left_) return false;
      left_ -= bytes.size();
      output_->append(bytes);
      break;
    case BodyMode::Chunked:
      output_->append(http::ChunkPrefix(bytes.size()).text());
      output_->append(bytes);
      output_->append(http::kChunkSuffix);
      break;
    case BodyMode::UntilClose:
      output_->append(bytes);
      break;
  }
  progress_.body_bytes += bytes.size();
  return true;
}

void ResponseWriter::send_trailers(const http::HeaderList& trailers) {
  const bool is_possible = has_head_ && mode_ == BodyMode::Chunked && !has_last_chunk_;
  if (!is_possible || !http::accepts_trailers(request_->headers)) return;
  const std::size_t size = http::last_chunk_size(trailers);
  if (size > net::BufferPool::kMaxBlock) return;
  const std::size_t written = http::write_last_chunk(trailers, output_->reserve(size));
  output_->commit(written);
  has_last_chunk_ = written > 0;
}

bool ResponseWriter::end() {
  if (!has_head_ || (mode_ == BodyMode::Counted && left_ > 0)) return false;
  if (mode_ == BodyMode::Chunked && !has_last_chunk_) output_->append(http::kLastChunk);
  has_ended_ = true;
  return true;
}

void send_rejection(ConnectionContext& context, net::OutputQueue& output, int status,
                    std::string_view line) {
  append_response_head(output, {.status = status,
                                .headers = kPlainText,
                                .length = BodyLength::exactly(line.size() + 1),
                                .mode = BodyMode::Counted,
                                .connection = ConnectionOption::Close,
                                .date = context.date.text()});
  output.append(line);
  output.append("\n");
  context.metrics.count_response(status);
}

}  // namespace mex::server::http1
