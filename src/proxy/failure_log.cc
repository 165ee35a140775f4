#include "proxy/failure_log.h"

#include "base/log.h"

namespace mex::proxy {
namespace {

// A client may send kilobytes of it.
constexpr std::size_t kMaxPath = 200;

}  // namespace

void FailureLog::record(const server::Exchange& client, std::string_view request_id,
                        const route::Route& route, const upstream::OriginError& error, int status,
                        base::SteadyTime now) {
  if (!lines_.allow(now)) return;
  const http::RequestHead& request = client.request();
  log::write_later(log::Level::Warning,
                   upstream::is_own_limit(error.fault) ? "origin not asked" : "origin failed",
                   {{"request_id", request_id},
                    {"status", status},
                    {"method", request.method_text},
                    {"path", request.path.substr(0, kMaxPath)},
                    {"route", route.key()},
                    {"protocol", server::to_string(client.connection().protocol)},
                    {"reason", error.text(route.origin_key())},
                    {"peer", client.connection().peer.text()},
                    {"unlogged_before", lines_.take_suppressed()}});
}

}  // namespace mex::proxy
