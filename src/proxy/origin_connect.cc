// How an OriginConnection comes to be connected: addresses in turn, the policy, TCP, TLS.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "proxy/origin_connection.h"
#include "proxy/origin_pool.h"

namespace mex::proxy {

void OriginConnection::on_addresses() { loop_.after_event(resume_); }

void OriginConnection::on_unresolved(std::string_view why) {
  connect_fault_ = OriginFault::NameUnknown;
  connect_detail_ = why;
  loop_.after_event(resume_);
}

void OriginConnection::connect_next() {
  const auto& addresses = endpoint_.addresses();
  while (next_address_ < addresses.size()) {
    // An address that swallows packets leaves half of the time to the others.
    const auto left = std::max(connect_deadline_ - loop_.now(), base::SteadyTime::duration::zero());
    const bool last = next_address_ + 1 == addresses.size();
    timer_.arm(last ? left : left / 2);
    if (start_connect(addresses[next_address_++])) return;
  }
  fail(connect_fault_, std::move(connect_detail_));
}

void OriginConnection::on_connect_timer() {
  connect_detail_.clear();
  if (state_ == State::Resolving || next_address_ >= endpoint_.addresses().size()) {
    fail(OriginFault::ConnectTimeout);
    return;
  }
  loop_.unwatch(std::exchange(watch_, 0));
  transport_.reset();
  connect_next();
}

bool OriginConnection::start_connect(const net::Address& address) {
  state_ = State::Connecting;
  const OriginContext& context = endpoint_.context();
  const net::OriginVerdict verdict = context.policy.check(address);
  if (verdict != net::OriginVerdict::Allowed) {
    connect_fault_ = OriginFault::Forbidden;
    connect_detail_ = fmt::format("{} {}", address.ip_text(), to_string(verdict));
    return false;
  }
  connect_fault_ = OriginFault::ConnectFailed;
  net::ConnectStart start = net::connect_to(address);
  if (!start.socket.valid()) {
    connect_detail_ = base::message_of(base::errno_status(start.error_number, address.text()));
    return false;
  }
  if (!endpoint_.tls()) {
    transport_ = net::make_tcp_transport(std::move(start.socket), true);
  } else if (context.tls != nullptr) {
    transport_ = context.tls->connect(std::move(start.socket), endpoint_.host());
  }
  watch_ = transport_ == nullptr ? 0 : loop_.watch(transport_->descriptor(), *this);
  if (watch_ != 0) return true;
  connect_detail_ = endpoint_.tls() && context.tls == nullptr
                        ? "there are no trusted certificate authorities"
                        : "out of memory or descriptors";
  transport_.reset();
  return false;
}

void OriginConnection::continue_connect() {
  const net::IoResult result = transport_->handshake();
  switch (result.status) {
    case net::IoStatus::WouldBlock:
      return;
    case net::IoStatus::Progress:
      endpoint_.prefer_address(next_address_ - 1);
      state_ = State::Idle;
      // The edge told that the socket is writable; what TLS left unread has no edge to come.
      writable_ = true;
      readable_ = true;
      user_->on_origin_ready();
      return;
    case net::IoStatus::End:
      fail(OriginFault::TlsFailed, "connection closed during the handshake");
      return;
    case net::IoStatus::Failed:
      break;
  }
  connect_detail_ = transport_->to_string(result);
  if (result.source == net::ErrorSource::Tls) {
    fail(OriginFault::TlsFailed, std::move(connect_detail_));
    return;
  }
  loop_.unwatch(std::exchange(watch_, 0));
  transport_.reset();
  connect_next();
}

}  // namespace mex::proxy
