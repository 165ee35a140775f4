#include "server/exchange.h"

#include <array>

namespace mex::server {

std::string_view to_string(HttpProtocol protocol) {
  return protocol == HttpProtocol::Http2 ? "HTTP/2" : "HTTP/1";
}

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::Completed:
      return "completed";
    case CloseReason::ClientClosed:
      return "client closed";
    case CloseReason::ClientFault:
      return "client fault";
    case CloseReason::Timeout:
      return "timeout";
    case CloseReason::Aborted:
      return "aborted";
    case CloseReason::Draining:
      return "draining";
  }
  return "unknown";
}

void respond(Exchange& exchange, int status, std::span<const HeaderView> headers,
             std::string_view body) {
  exchange.send_head(status, headers, BodyLength::exactly(body.size()));
  exchange.send_body(body);
  exchange.end_body();
}

void respond_text(Exchange& exchange, int status, std::string_view line) {
  constexpr std::array<HeaderView, 1> kPlainText{
      HeaderView{"Content-Type", "text/plain; charset=utf-8"}};
  exchange.send_head(status, kPlainText, BodyLength::exactly(line.size() + 1));
  exchange.send_body(line);
  exchange.send_body("\n");
  exchange.end_body();
}

}  // namespace mex::server
