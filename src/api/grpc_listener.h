#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "api/grpc_connections.h"
#include "api/grpc_relay.h"
#include "api/grpc_socket_pairs.h"
#include "base/descriptor.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/timer.h"
#include "tls/server_context.h"

namespace mex::api {

// Accepts the connections of the gRPC port, as many as GrpcConnections lets in, and leads each to
// gRPC through a relay. Loop thread only, which is one that does nothing else.
class GrpcListener final : private net::AcceptHandler {
 public:
  using Number = GrpcConnections::Number;
  // Takes a connected socket; it owns the descriptor.
  using TakeSocket = std::function<void(int socket)>;

  // Streams of a connection that has not shown who it is, and of one that has.
  static constexpr std::size_t kUnprovenStreams = 4;
  static constexpr std::size_t kStreams = 32;

  // Errors name the address. `connections` outlives the listener; without `tls` it is plaintext.
  static absl::StatusOr<std::unique_ptr<GrpcListener>> open(
      net::EventLoop& loop, const net::Address& address, GrpcConnections& connections,
      TakeSocket take, std::shared_ptr<const tls::ServerContext> tls);
  GrpcListener(const GrpcListener&) = delete;
  GrpcListener& operator=(const GrpcListener&) = delete;
  ~GrpcListener() = default;

  const net::Address& local_address() const { return listener_->local_address(); }

  // For connections that come from now on.
  void replace_tls(std::shared_ptr<const tls::ServerContext> tls) { tls_ = std::move(tls); }

  // What GrpcConnections wants.
  void end(Number number);
  void prove(Number number);

  // Takes in what is in the backlog, then no more.
  void close() { listener_->drain_and_close(); }

 private:
  GrpcListener(net::EventLoop& loop, GrpcConnections& connections, TakeSocket take,
               std::shared_ptr<const tls::ServerContext> tls, GrpcSocketPairs pairs)
      : loop_(loop),
        connections_(connections),
        take_(std::move(take)),
        tls_(std::move(tls)),
        pairs_(std::move(pairs)),
        look_again_(loop.timers(), [this] { pause_if_full(); }) {}
  void on_accept(base::Descriptor socket, const net::Address& peer) override;
  void remove(Number number);
  void pause_if_full();

  net::EventLoop& loop_;
  GrpcConnections& connections_;
  const TakeSocket take_;
  std::shared_ptr<const tls::ServerContext> tls_;  // null: plaintext
  const GrpcSocketPairs pairs_;
  std::map<Number, std::unique_ptr<GrpcRelay>> relays_;
  net::Timer look_again_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace mex::api
