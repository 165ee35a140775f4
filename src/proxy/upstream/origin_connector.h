#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "net/address.h"
#include "net/transport.h"
#include "proxy/upstream/origin_addresses.h"
#include "proxy/upstream/origin_error.h"

namespace mex::proxy::upstream {

class OriginEndpoint;

// Starts connections to the addresses of an endpoint, one after the other, until one of them works:
// policy, TCP, TLS. Which comes first is the turn of OriginAddresses. Shard thread only.
class OriginConnector {
 public:
  // The time for all addresses together begins now.
  OriginConnector(OriginEndpoint& endpoint, std::chrono::milliseconds timeout);

  // Starts connecting to the next address that can be tried. Null: there is none, see error().
  std::unique_ptr<net::Transport> connect_next();
  bool has_next() const;
  // What the address started last may take: one that swallows packets leaves half of the time to
  // the others.
  std::chrono::nanoseconds time_left() const;
  // The address started last works, or does not.
  void on_connected();
  void on_failed();

  // Why the address tried last, or the name, is of no use.
  void set_error(OriginFault fault, std::string detail) { error_ = {fault, std::move(detail)}; }
  const OriginError& error() const { return error_; }

 private:
  std::unique_ptr<net::Transport> connect_to(const net::Address& address);

  OriginEndpoint& endpoint_;
  const base::SteadyTime deadline_;
  net::Address current_;  // started last
  OriginAddresses::Tried tried_ = 0;
  unsigned version_ = 0;  // of the addresses that tried_ is about
  OriginError error_{OriginFault::ConnectFailed, {}};
};

}  // namespace mex::proxy::upstream
