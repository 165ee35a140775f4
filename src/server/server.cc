#include "server/server.h"

#include <utility>

#include "server/server_core.h"

namespace mex::server {

Server::Server(net::EventLoop& loop, net::BufferPool& buffers, Service& service,
               ServerOptions options)
    : core_(std::make_unique<ServerCore>(loop, buffers, service, std::move(options))) {}

Server::~Server() = default;

absl::Status Server::listen(const net::Address& address,
                            std::shared_ptr<const tls::ServerContext> tls) {
  return core_->listen(address, std::move(tls));
}

const net::Address& Server::local_address() const { return core_->local_address(); }

void Server::replace_tls(std::shared_ptr<const tls::ServerContext> tls) {
  core_->replace_tls(std::move(tls));
}

void Server::drain(DrainTimes times, std::function<void()> done) {
  core_->drain(times, std::move(done));
}

void Server::hasten_drain(DrainTimes times) { core_->hasten_drain(times); }

std::size_t Server::connections() const { return core_->connections(); }

}  // namespace mex::server
