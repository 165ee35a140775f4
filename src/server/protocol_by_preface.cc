#include "server/protocol_by_preface.h"

#include <algorithm>

#include "http/http2_frame.h"
#include "server/protocols.h"

namespace mex::server {

ProtocolByPreface::ProtocolByPreface(Connection& connection, ConnectionContext& context,
                                     Protocols& protocols)
    : connection_(connection), context_(context), protocols_(protocols) {
  connection_.deadline().arm(context.options.head_timeout);
}

void ProtocolByPreface::process_input() {
  if (chosen_ == nullptr) {
    const std::string_view bytes = connection_.input().readable();
    const std::size_t size = std::min(bytes.size(), http::kHttp2Preface.size());
    const bool may_be_http2 = bytes.substr(0, size) == http::kHttp2Preface.substr(0, size);
    if (may_be_http2 && size < http::kHttp2Preface.size()) return;
    chosen_ =
        may_be_http2 ? protocols_.create_http2(connection_) : protocols_.create_http1(connection_);
  }
  chosen_->process_input();
}

// A client that stops within the first bytes expects no answer.
void ProtocolByPreface::on_input_end() {
  if (chosen_ != nullptr) return chosen_->on_input_end();
  connection_.linger();
}

void ProtocolByPreface::on_deadline() {
  if (chosen_ != nullptr) return chosen_->on_deadline();
  connection_.cut(CloseReason::Timeout);
}

void ProtocolByPreface::on_drain() {
  if (chosen_ != nullptr) return chosen_->on_drain();
  if (context_.closes_idle && connection_.input().empty()) connection_.linger();
}

}  // namespace mex::server
