#include "api/grpc_listener.h"

#include <sys/socket.h>

#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace mex::api {
namespace {

// What the kernel holds for us of what a client sends.
constexpr int kReceiveBuffer = 64 << 10;
// While there are as many connections as there may be.
constexpr std::chrono::milliseconds kLookAgain{20};

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcListener>> GrpcListener::open(
    net::EventLoop& loop, const net::Address& address, GrpcConnections& connections,
    TakeSocket take, std::shared_ptr<const tls::ServerContext> tls) {
  MEX_ASSIGN_OR_RETURN(GrpcSocketPairs pairs, GrpcSocketPairs::open());
  std::unique_ptr<GrpcListener> opened(
      new GrpcListener(loop, connections, std::move(take), std::move(tls), std::move(pairs)));
  MEX_ASSIGN_OR_RETURN(opened->listener_, net::Listener::open(loop, address, *opened));
  return opened;
}

void GrpcListener::on_accept(base::Descriptor socket, const net::Address& peer) {
  const std::optional<Number> number = connections_.add(peer, loop_.now());
  if (!number) return;
  absl::StatusOr<GrpcSocketPairs::Pair> pair = pairs_.make(*number);
  if (!pair.ok()) {
    log::warning("a gRPC connection cannot be served", {{"reason", pair.status()}});
    return connections_.remove(*number);
  }
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  auto client = tls_ == nullptr ? net::make_tcp_transport(std::move(socket))
                                : tls_->accept(std::move(socket));
  if (client == nullptr) return connections_.remove(*number);  // memory is short
  relays_.emplace(
      *number,
      std::make_unique<GrpcRelay>(
          loop_, std::move(client), net::make_tcp_transport(std::move(pair->ours)),
          http::Http2Gate::Limits{.streams = kUnprovenStreams},
          GrpcRelay::Events{.on_ending = [this, n = *number] { connections_.note_ending(n); },
                            .on_gone = [this, n = *number] { remove(n); }}));
  take_(pair->grpc.release());
  pause_if_full();
}

void GrpcListener::pause_if_full() {
  if (connections_.is_full(loop_.now())) {
    listener_->pause();
    look_again_.arm(kLookAgain);
  } else {
    listener_->resume();
  }
}

void GrpcListener::end(Number number) {
  const auto found = relays_.find(number);
  if (found != relays_.end()) found->second->end();
}

void GrpcListener::prove(Number number) {
  const auto found = relays_.find(number);
  if (found != relays_.end()) found->second->set_streams(kStreams);
}

void GrpcListener::remove(Number number) {
  connections_.remove(number);
  const auto found = relays_.find(number);
  // One of its methods is on the stack.
  loop_.destroy_later(std::move(found->second));
  relays_.erase(found);
  if (look_again_.armed()) pause_if_full();
}

}  // namespace mex::api
