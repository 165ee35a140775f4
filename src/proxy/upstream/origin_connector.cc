#include "proxy/upstream/origin_connector.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "proxy/upstream/origin_endpoint.h"

namespace mex::proxy::upstream {

OriginConnector::OriginConnector(OriginEndpoint& endpoint, std::chrono::milliseconds timeout)
    : endpoint_(endpoint), deadline_(endpoint.context().loop.now() + timeout) {}

bool OriginConnector::has_next() const { return endpoint_.addresses().has_next(tried_); }

std::unique_ptr<net::Transport> OriginConnector::connect_next() {
  OriginAddresses& addresses = endpoint_.addresses();
  if (version_ != addresses.version()) tried_ = 0;  // a new answer of the name servers
  version_ = addresses.version();
  const base::SteadyTime now = endpoint_.context().loop.now();
  for (;;) {
    const std::size_t index = addresses.next(tried_, now);
    if (index == OriginAddresses::kNone) return nullptr;
    tried_ |= OriginAddresses::Tried{1} << index;
    current_ = addresses.at(index);
    if (auto transport = connect_to(current_)) return transport;
    on_failed();
  }
}

std::chrono::nanoseconds OriginConnector::time_left() const {
  const auto left =
      std::max(deadline_ - endpoint_.context().loop.now(), base::SteadyTime::duration::zero());
  return has_next() ? left / 2 : left;
}

void OriginConnector::on_connected() { endpoint_.addresses().note_success(current_); }

void OriginConnector::on_failed() {
  endpoint_.addresses().note_failure(current_, endpoint_.context().loop.now());
}

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
      endpoint_.tls()
          ? context.tls->connect(std::move(start.socket), endpoint_.host(), endpoint_.offered())
          : net::make_tcp_transport(std::move(start.socket), true);
  // Also what the caller says of a socket that it cannot watch.
  set_error(OriginFault::ConnectFailed, "out of memory or descriptors");
  return transport;
}

}  // namespace mex::proxy::upstream
