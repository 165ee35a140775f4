#include "server/refusal.h"

#include <algorithm>

#include "base/check.h"

namespace mex::server {

GrpcRefusal::GrpcRefusal(int status, std::string_view line, std::span<const HeaderView> more)
    : code_(std::to_string(http::grpc_status_for(status))),
      message_(http::grpc_message(line)),
      headers_{HeaderView{"content-type", http::kGrpcType}, HeaderView{"grpc-status", code_},
               HeaderView{"grpc-message", message_}} {
  MEX_DCHECK(more.size() + size_ <= headers_.size(), "too many fields with a refusal");
  std::copy(more.begin(), more.end(), headers_.begin() + 3);
  size_ += more.size();
}

void refuse(Exchange& exchange, int status, std::string_view line,
            std::span<const HeaderView> more) {
  const bool is_call = exchange.connection().protocol == HttpProtocol::Http2 &&
                       http::is_grpc(exchange.request().headers);
  if (is_call) {
    const GrpcRefusal refusal(status, line, more);
    exchange.send_head(200, refusal.headers(), BodyLength::none());
    return exchange.end_body();
  }
  if (more.empty()) return respond_text(exchange, status, line);
  std::array<HeaderView, 8> headers{HeaderView{"Content-Type", "text/plain; charset=utf-8"}};
  std::copy(more.begin(), more.end(), headers.begin() + 1);
  respond(exchange, status, std::span(headers).first(more.size() + 1), std::string(line) + "\n");
}

}  // namespace mex::server
