#pragma once

#include <cstdint>
#include <string_view>

#include "base/descriptor.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/timer.h"
#include "server/place.h"
#include "tls/client_hello.h"

namespace mex::server {

class ServerCore;

// A connection whose first bytes are awaited: the PROXY header of a load balancer, which is taken
// out, and behind it the greeting of TLS, to see which name the client asks for. That stays in the
// kernel's buffer, so the next owner of the connection reads it again. Shard thread only.
class ClientHelloPeek final : public net::Disposable, private net::IoHandler, private PlaceHolder {
 public:
  // `begins_with_proxy_header`: the peer is a load balancer that says who its client is.
  ClientHelloPeek(ServerCore& core, base::Descriptor socket, const net::Address& peer,
                  bool begins_with_proxy_header);
  ~ClientHelloPeek() override;

  // False if the kernel grants no registration.
  bool start();

  // Ends it; no further event reaches it.
  void close();

  // Links of the server's list.
  ClientHelloPeek* previous = nullptr;
  ClientHelloPeek* next = nullptr;
  Place place{*this};

 private:
  // PlaceHolder
  void give_up_place() override;
  Wait wait() const override { return Wait::None; }

  void on_ready(net::Readiness readiness) override;
  void on_deadline();
  enum class Step : std::uint8_t { Again, Wait, Gone };
  Step take_proxy_header(std::string_view seen);
  void look_at_greeting(std::string_view seen, bool is_all);
  void intercept(const tls::ClientHello& asked);
  void answer_here();
  base::Descriptor leave(net::EventLoop::WatchId& watch);

  ServerCore& core_;
  net::EventLoop& loop_;  // which outlives the core, and destroys this
  base::Descriptor socket_;
  net::Address peer_;
  net::EventLoop::WatchId watch_ = 0;
  net::Timer timer_;
  bool begins_with_proxy_header_;
};

}  // namespace mex::server
