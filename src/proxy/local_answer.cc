#include "proxy/local_answer.h"

#include <chrono>

#include "http/known_header.h"
#include "proxy/passed_headers.h"
#include "proxy/proxy_metrics.h"

namespace mex::proxy {
namespace {

using http::KnownHeader;

void count(int status, route::CounterSlab& counters) {
  counters.request_ended(status, std::chrono::microseconds(0));
  ProxyMetrics::get().request_ended(status, std::chrono::milliseconds(0));
}

// 204 says nothing of a length (RFC 9110 section 8.6).
void send(server::Exchange& exchange, int status, const PassedHeaders& headers,
          std::string_view body) {
  if (status == 204) {
    exchange.send_head(status, headers.all(), server::BodyLength::none());
    exchange.end_body();
  } else {
    server::respond(exchange, status, headers.all(), body);
  }
}

}  // namespace

void answer_locally(server::Exchange& exchange, const route::Route& route, std::string_view path,
                    PassedHeaders& headers, route::CounterSlab& counters) {
  const route::Action& action = route.action();
  headers.clear();
  int status = 0;
  std::string_view body;
  if (action.redirect()) {
    const http::RequestHead& request = exchange.request();
    status = action.redirect()->status;
    const route::LocationParts parts{.host = request.host.host,
                                     .is_ipv6 = request.host.is_ipv6,
                                     .path = path,
                                     .prefix = route.public_prefix(),
                                     .query = request.query,
                                     .has_query = request.has_query};
    if (!headers.add_location(action.redirect()->location, parts)) {
      count(400, counters);
      server::respond_text(exchange, 400, "the request names no host");
      return;
    }
  } else {
    status = action.answer()->status;
    body = action.answer()->body;
    if (status != 204) {
      headers.add(http::to_string(KnownHeader::ContentType), action.answer()->content_type);
    }
  }
  headers.apply(action.response_headers());
  count(status, counters);
  send(exchange, status, headers, body);
}

}  // namespace mex::proxy
