#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/address.h"

namespace mex::net {

// What a load balancer says at the beginning of a connection about the one that it accepted: the
// PROXY protocol, versions 1 and 2. Only from a peer that is known to say it: who else sent one
// could claim any address. Pure.
// https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt
class ProxyProtocolHeader {
 public:
  enum class State : std::uint8_t {
    NeedMore,
    Complete,
    Malformed,  // none, or one that no version knows
  };

  // Longer ones are malformed: the addresses take 228 bytes at most, the rest is for additions of
  // which none is looked at but the checksum.
  static constexpr std::size_t kMaxSize = 4096;

  // The answer for the beginning of `bytes`; what is behind the header is not looked at.
  static ProxyProtocolHeader parse(std::string_view bytes);

  State state() const { return state_; }
  std::size_t size() const { return size_; }  // Complete: what to take from the connection
  // The client; empty where the balancer speaks for itself (its health check), or knows of
  // no address.
  const Address& client() const { return client_; }

 private:
  explicit ProxyProtocolHeader(State state) : state_(state) {}
  ProxyProtocolHeader(std::size_t size, const Address& client)
      : state_(State::Complete), size_(size), client_(client) {}
  static ProxyProtocolHeader parse_text(std::string_view bytes);
  static ProxyProtocolHeader parse_binary(std::string_view bytes);

  State state_;
  std::size_t size_ = 0;
  Address client_;
};

}  // namespace mex::net
