#include "server/server_core.h"

#include <utility>

#include "net/transport.h"
#include "server/http1/response_writer.h"
#include "server/http1/session.h"
#include "tls/client_hello.h"

namespace mex::server {

ServerCore::ServerCore(net::EventLoop& loop, net::BufferPool& buffers, Service& service,
                       ServerOptions options)
    : context_(loop, buffers, service, std::move(options)),
      streams_(context_),
      drain_timer_(loop.timers(), [this] { cut_all(); }) {}

ServerCore::~ServerCore() {
  listener_.reset();
  drained_ = nullptr;
  cut_all();
}

absl::Status ServerCore::listen(const net::Address& address,
                                std::shared_ptr<const tls::ServerContext> tls) {
  tls_ = std::move(tls);
  auto listener = net::Listener::open(context_.loop, address, *this);
  if (!listener.ok()) return listener.status();
  listener_ = *std::move(listener);
  local_ = listener_->local_address();
  return absl::OkStatus();
}

void ServerCore::on_accept(base::Descriptor socket, const net::Address& peer) {
  TlsInterceptor* const interceptor =
      tls_ != nullptr ? context_.service.tls_interceptor() : nullptr;
  const bool is_peeked = interceptor != nullptr && interceptor->is_active();
  const bool has_begun = is_peeked ? begin_peek(std::move(socket), peer)
                                   : begin_connection(std::move(socket), peer, 0);
  if (has_begun) enter();
}

bool ServerCore::begin_peek(base::Descriptor socket, const net::Address& peer) {
  // One more byte than fits, so that a ClientHello that is too long is seen to be.
  if (peek_space_.empty()) peek_space_.resize(tls::ClientHello::kMaxSize + 1);
  auto peek = std::make_unique<ClientHelloPeek>(*this, std::move(socket), peer);
  if (!peek->start()) return false;
  peeks_.add(*peek.release());
  return true;
}

bool ServerCore::begin_connection(base::Descriptor socket, const net::Address& peer,
                                  net::EventLoop::WatchId watch) {
  std::unique_ptr<net::Transport> transport = tls_ != nullptr
                                                  ? tls_->accept(std::move(socket))
                                                  : net::make_tcp_transport(std::move(socket));
  if (transport == nullptr) {
    context_.loop.unwatch(watch);
    return false;
  }
  ConnectionOwner& owner = *this;
  auto connection =
      std::make_unique<Connection>(context_, owner, std::move(transport), peer, tls_ != nullptr);
  if (!connection->start(watch)) return false;
  connections_.add(*connection.release());
  return true;
}

void ServerCore::begin_connection(ClientHelloPeek& peek, base::Descriptor socket,
                                  const net::Address& peer, net::EventLoop::WatchId watch) {
  retire(peek);
  if (!begin_connection(std::move(socket), peer, watch)) leave();
}

ConnectionPlace ServerCore::give_place(ClientHelloPeek& peek) {
  retire(peek);
  return ConnectionPlace(*this);
}

void ServerCore::drop(ClientHelloPeek& peek) {
  retire(peek);
  leave();
}

void ServerCore::retire(ClientHelloPeek& peek) {
  peek.close();
  peeks_.remove(peek);
  context_.loop.destroy_later(std::unique_ptr<net::Disposable>(&peek));
}

std::unique_ptr<Protocol> ServerCore::create_protocol(Connection& connection) {
  return std::make_unique<http1::Session>(connection, context_, streams_);
}

void ServerCore::answer_clear_text(Connection& connection) {
  http1::send_rejection(context_, connection.output(), 400,
                        "this port speaks TLS: ask by https://");
}

void ServerCore::on_connection_closed(Connection& connection) {
  connections_.remove(connection);
  context_.loop.destroy_later(std::unique_ptr<net::Disposable>(&connection));
  leave();
}

ConnectionPlace::~ConnectionPlace() {
  if (core_ != nullptr) core_->leave();
}

void ServerCore::enter() {
  context_.metrics.on_connection_opened();
  if (++open_ >= context_.options.max_connections) listener_->pause();
}

void ServerCore::leave() {
  context_.metrics.on_connection_closed();
  --open_;
  if (listener_ != nullptr && !context_.is_draining &&
      open_ + 1 == context_.options.max_connections) {
    listener_->resume();
  }
  finish_drain_if_empty();
}

void ServerCore::drain(std::chrono::milliseconds deadline, std::function<void()> done) {
  context_.is_draining = true;
  drained_ = std::move(done);
  if (listener_ != nullptr) listener_->drain_and_close();
  for (Connection* connection = connections_.first(); connection != nullptr;) {
    Connection* const next = connection->next;
    connection->drain();
    connection = next;
  }
  drain_timer_.arm(deadline);
  finish_drain_if_empty();
}

void ServerCore::finish_drain_if_empty() {
  if (!context_.is_draining || open_ > 0 || drained_ == nullptr) return;
  drain_timer_.disarm();
  std::exchange(drained_, nullptr)();
}

void ServerCore::cut_all() {
  while (!peeks_.empty()) drop(*peeks_.first());
  while (!connections_.empty()) connections_.first()->cut(CloseReason::Draining);
  if (TlsInterceptor* const interceptor = context_.service.tls_interceptor()) {
    interceptor->cut_intercepted();
  }
}

}  // namespace mex::server
