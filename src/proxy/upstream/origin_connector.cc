#include "proxy/upstream/origin_connector.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "proxy/upstream/origin_endpoint.h"

namespace mex::proxy::upstream {

OriginConnector::OriginConnector(OriginEndpoint& endpoint, std::chrono::milliseconds timeout)
    : endpoint_(endpoint), deadline_(endpoint.context().loop.now() + timeout) {}

bool OriginConnector::has_next() const { return next_ < endpoint_.addresses().size(); }

std::unique_ptr<net::Transport> OriginConnector::connect_next() {
  while (has_next()) {
    if (auto transport = connect_to(endpoint_.addresses()[next_++])) return transport;
  }
  return nullptr;
}

std::chrono::nanoseconds OriginConnector::time_left() const {
  const auto left =
      std::max(deadline_ - endpoint_.context().loop.now(), base::SteadyTime::duration::zero());
  return has_next() ? left / 2 : left;
}

void OriginConnector::on_connected() { endpoint_.prefer_address(next_ - 1); }

std::unique_ptr<net::Transport> OriginConnector::connect_to(const net::Address& address) {
  const OriginContext& context = endpoint_.context();
  const net::OriginVerdict verdict = context.policy.check(address);
  if (verdict != net::OriginVerdict::Allowed) {
    set_error(OriginFault::Forbidden, fmt::format("{} {}", address.ip_text(), to_string(verdict)));
    return nullptr;
  }
  if (endpoint_.tls() && context.tls == nullptr) {
    set_error(OriginFault::ConnectFailed, "there are no trusted certificate authorities");
    return nullptr;
  }
  net::ConnectStart start = net::connect_to(address);
  if (!start.socket.valid()) {
    set_error(
        OriginFault::ConnectFailed,
        std::string(base::message_of(base::errno_status(start.error_number, address.text()))));
    return nullptr;
  }
  std::unique_ptr<net::Transport> transport =
      endpoint_.tls() ? context.tls->connect(std::move(start.socket), endpoint_.host())
                      : net::make_tcp_transport(std::move(start.socket), true);
  // Also what the caller says of a socket that it cannot watch.
  set_error(OriginFault::ConnectFailed, "out of memory or descriptors");
  return transport;
}

}  // namespace mex::proxy::upstream
