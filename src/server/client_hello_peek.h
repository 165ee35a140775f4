#pragma once

#include "base/descriptor.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/timer.h"
#include "server/place.h"
#include "tls/client_hello.h"

namespace mex::server {

class ServerCore;

// A connection whose first bytes are awaited, to see which name its client asks for. They stay in
// the kernel's buffer, so the next owner of the connection reads them again. Shard thread only.
class ClientHelloPeek final : public net::Disposable, private net::IoHandler, private PlaceHolder {
 public:
  ClientHelloPeek(ServerCore& core, base::Descriptor socket, const net::Address& peer);
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
  void intercept(const tls::ClientHello& asked);
  void answer_here();
  base::Descriptor leave(net::EventLoop::WatchId& watch);

  ServerCore& core_;
  net::EventLoop& loop_;  // which outlives the core, and destroys this
  base::Descriptor socket_;
  net::Address peer_;
  net::EventLoop::WatchId watch_ = 0;
  net::Timer timer_;
};

}  // namespace mex::server
