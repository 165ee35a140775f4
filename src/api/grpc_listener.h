#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "api/grpc_connections.h"
#include "base/descriptor.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/timer.h"

namespace mex::api {

// Accepts the connections of the gRPC port, as many as GrpcConnections lets in, and hands them on.
// Loop thread only, which is one that does nothing else.
class GrpcListener final : private net::AcceptHandler, private net::IoHandler {
 public:
  // Takes a connected socket; it owns the descriptor.
  using TakeSocket = std::function<void(int socket)>;

  // Errors name the address. `connections` outlives the listener.
  static absl::StatusOr<std::unique_ptr<GrpcListener>> open(net::EventLoop& loop,
                                                            const net::Address& address,
                                                            GrpcConnections& connections,
                                                            TakeSocket take);
  GrpcListener(const GrpcListener&) = delete;
  GrpcListener& operator=(const GrpcListener&) = delete;
  ~GrpcListener();

  const net::Address& local_address() const { return listener_->local_address(); }

  // Hands on what is in the backlog, then takes no more.
  void close() { listener_->drain_and_close(); }

 private:
  GrpcListener(net::EventLoop& loop, GrpcConnections& connections, TakeSocket take,
               base::Descriptor ends);
  void on_accept(base::Descriptor socket, const net::Address& peer) override;
  void on_ready(net::Readiness readiness) override;
  void remove_closed();

  net::EventLoop& loop_;
  GrpcConnections& connections_;
  const TakeSocket take_;
  // Reports nothing but hang-ups: the loop's own epoll would wake for every byte.
  base::Descriptor ends_;
  net::EventLoop::WatchId watch_ = 0;
  net::Timer look_again_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace mex::api
