#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "base/descriptor.h"
#include "net/address.h"
#include "net/event_loop.h"

namespace mex::net {

class AcceptHandler {
 public:
  // `socket` is connected, non-blocking, close-on-exec, TCP_NODELAY. May pause the
  // listener, not destroy it.
  virtual void on_accept(base::Descriptor socket, const Address& peer) = 0;

 protected:
  ~AcceptHandler() = default;
};

// Refuses an address that a socket listens on already, one of this program included. Listeners
// share their port (SO_REUSEPORT), so without this check a second agent would silently get half of
// the first one's connections. Called once before the shards open theirs. An address of which
// sockets were inherited is free.
absl::Status check_address_free(const Address& address);

// A shard's listening socket: one of ListeningSockets that was inherited, else a new one. Each
// shard has its own on the same address; the kernel spreads connections over them. Out of
// descriptors, it closes what it cannot serve rather than leave clients waiting in the backlog.
// Loop thread only.
class Listener final : private IoHandler {
 public:
  // Errors name the address. ":port" is every IPv6 and IPv4 address, or IPv4 only where the kernel
  // has no IPv6. `handler` must outlive the listener.
  static absl::StatusOr<std::unique_ptr<Listener>> open(EventLoop& loop, const Address& address,
                                                        AcceptHandler& handler);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  // With the port that the kernel chose if 0 was asked for.
  const Address& local_address() const { return local_; }

  // Leaves connections in the kernel's backlog until resume().
  void pause() { paused_ = true; }
  void resume();

  // Hands over what is in the backlog, which closing alone would reset, then closes the socket.
  void drain_and_close();

  // Connections closed at once for want of descriptors.
  std::uint64_t refused() const { return refused_; }

 private:
  Listener(EventLoop& loop, base::Descriptor socket, const Address& local, AcceptHandler& handler);
  void on_ready(Readiness readiness) override;
  void close();
  void accept_some();
  enum class AcceptOutcome : std::uint8_t { Again, Drained, Retry };
  AcceptOutcome accept_one();
  AcceptOutcome on_accept_error(int error_number);
  AcceptOutcome refuse_one();

  EventLoop& loop_;
  base::Descriptor socket_;
  Address local_;
  AcceptHandler& handler_;
  base::Descriptor reserve_;  // given up for a moment to accept and close when descriptors run out
  EventLoop::WatchId watch_ = 0;
  Deferred more_;
  Timer retry_;
  bool paused_ = false;
  std::uint64_t refused_ = 0;
};

}  // namespace mex::net
