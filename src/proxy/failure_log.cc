#include "proxy/failure_log.h"

#include "base/log.h"
#include "http/known_header.h"

namespace mex::proxy {
namespace {

// A client may send kilobytes of it.
constexpr std::size_t kMaxPath = 200;

}  // namespace

std::string FailureLog::record(const server::Exchange& client, const route::Route& route,
                               const upstream::OriginError& error, int status,
                               base::SteadyTime now) {
  const http::RequestHead& request = client.request();
  const std::string_view given = request.headers.value(http::KnownHeader::XRequestId);
  std::string id = is_request_id(given) ? std::string(given) : ids_.next();
  if (!lines_.allow(now)) return id;
  log::write_later(log::Level::Warning,
                   upstream::is_own_limit(error.fault) ? "origin not asked" : "origin failed",
                   {{"request_id", id},
                    {"status", status},
                    {"method", request.method_text},
                    {"path", request.path.substr(0, kMaxPath)},
                    {"route", route.key()},
                    {"protocol", server::to_string(client.connection().protocol)},
                    {"reason", error.text(route.origin_key())},
                    {"peer", client.connection().peer.text()},
                    {"unlogged_before", lines_.take_suppressed()}});
  return id;
}

}  // namespace mex::proxy
