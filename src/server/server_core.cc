#include "server/server_core.h"

#include <utility>

#include "base/log.h"
#include "net/transport.h"
#include "server/http1/response_writer.h"
#include "tls/client_hello.h"

namespace mex::server {
namespace {

constexpr std::chrono::milliseconds kLookForStalled{250};

}  // namespace

ServerCore::ServerCore(net::EventLoop& loop, net::BufferPool& buffers, Service& service,
                       ServerOptions options)
    : context_(loop, buffers, service, std::move(options)),
      protocols_(context_),
      admission_(context_.options.connections, context_.options.name, context_.metrics, loop),
      full_timer_(loop.timers(), [this] { look_for_stalled(); }),
      drain_timer_(loop.timers(), [this] { cut_all(); }),
      idle_timer_(loop.timers(), [this] {
        context_.closes_idle = true;
        drain_connections();
      }) {}

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
  const bool is_balancer = net::any_contains(context_.options.proxy_protocol_peers, peer);
  if (is_balancer || looks_at_greetings()) {
    begin_peek(std::move(socket), peer, is_balancer);
  } else {
    begin_connection(std::move(socket), peer);
  }
  pause_if_full();
}

bool ServerCore::looks_at_greetings() const {
  const TlsInterceptor* const interceptor =
      tls_ != nullptr ? context_.service.tls_interceptor() : nullptr;
  return interceptor != nullptr && interceptor->is_active();
}

bool ServerCore::admit_anew(ClientHelloPeek& peek, const net::Address& client) {
  admission_.leave(peek.place);
  if (admission_.admit(peek.place, client, tls_ != nullptr)) return true;
  retire(peek);
  on_gone();
  return false;
}

void ServerCore::note_wrong_proxy_header(const net::Address& peer) {
  context_.metrics.count_rejected();
  if (!wrong_headers_.allow(context_.loop.now())) return;
  log::write_later(log::Level::Warning,
                   "a load balancer's connection begins without a PROXY header",
                   {{"server", context_.options.name},
                    {"peer", peer.text()},
                    {"unlogged_before", wrong_headers_.take_suppressed()}});
}

void ServerCore::begin_peek(base::Descriptor socket, const net::Address& peer,
                            bool begins_with_proxy_header) {
  // One more byte than fits, so that a ClientHello that is too long is seen to be.
  if (peek_space_.empty()) peek_space_.resize(tls::ClientHello::kMaxSize + 1);
  auto peek =
      std::make_unique<ClientHelloPeek>(*this, std::move(socket), peer, begins_with_proxy_header);
  if (!admission_.admit(peek->place, peer, tls_ != nullptr)) return;
  if (!peek->start()) return admission_.leave(peek->place);
  peeks_.add(*peek.release());
  context_.metrics.on_connection_opened();
}

// Null if there is no memory for it.
std::unique_ptr<Connection> ServerCore::create_connection(base::Descriptor socket,
                                                          const net::Address& peer,
                                                          net::EventLoop::WatchId watch) {
  std::unique_ptr<net::Transport> transport = tls_ != nullptr
                                                  ? tls_->accept(std::move(socket))
                                                  : net::make_tcp_transport(std::move(socket));
  if (transport == nullptr) {
    context_.loop.unwatch(watch);
    return nullptr;
  }
  ConnectionOwner& owner = *this;
  return std::make_unique<Connection>(context_, owner, std::move(transport), peer, tls_ != nullptr);
}

void ServerCore::begin_connection(base::Descriptor socket, const net::Address& peer) {
  std::unique_ptr<Connection> connection = create_connection(std::move(socket), peer, 0);
  if (connection == nullptr) return;
  if (!admission_.admit(connection->place, peer, tls_ != nullptr)) return;
  if (!connection->start(0)) return admission_.leave(connection->place);
  connections_.add(*connection.release());
  context_.metrics.on_connection_opened();
}

void ServerCore::begin_connection(ClientHelloPeek& peek, base::Descriptor socket,
                                  const net::Address& peer, net::EventLoop::WatchId watch) {
  std::unique_ptr<Connection> connection = create_connection(std::move(socket), peer, watch);
  if (connection != nullptr) admission_.hand_over(peek.place, connection->place);
  if (connection == nullptr || !connection->start(watch)) {
    if (connection != nullptr) admission_.leave(connection->place);
    return drop(peek);
  }
  retire(peek);
  connections_.add(*connection.release());
}

bool ServerCore::make_room_to_intercept(const ClientHelloPeek& peek) {
  return admission_.may_intercept(peek.place) &&
         (admission_.has_room_to_intercept() || tls_interceptor().cut_silent());
}

ConnectionPlace ServerCore::give_place(ClientHelloPeek& peek) {
  Client& client = admission_.intercept(peek.place);
  retire(peek);
  resume_if_room();
  return {*this, client};
}

void ServerCore::drop(ClientHelloPeek& peek) {
  admission_.leave(peek.place);
  retire(peek);
  on_gone();
}

void ServerCore::retire(ClientHelloPeek& peek) {
  peek.close();
  peeks_.remove(peek);
  context_.loop.destroy_later(std::unique_ptr<net::Disposable>(&peek));
}

std::unique_ptr<Protocol> ServerCore::create_protocol(Connection& connection) {
  admission_.end_handshake(connection.place);
  return protocols_.create(connection);
}

void ServerCore::answer_clear_text(Connection& connection) {
  constexpr std::string_view kLine = "this port speaks TLS: ask by https://";
  context_.service.on_refused({connection.info(), nullptr, 400, kLine});
  http1::send_rejection(context_, connection.output(), 400, kLine);
}

RequestVerdict ServerCore::admit_request(Connection& connection, const http::RequestHead& head) {
  Place& place = connection.place;
  context_.metrics.count_request(connection.info().protocol);
  if (tls_ != nullptr && !tls_->may_ask_for(head.host.host, connection.info().client)) {
    return RequestVerdict::Misdirected;
  }
  if (context_.service.is_probe(head)) return RequestVerdict::Probe;
  if (place.is_for_probes) return RequestVerdict::NoRoom;
  if (!admission_.make_room_for_request(place)) return RequestVerdict::NoRoom;
  if (!admission_.begin_request(place)) return RequestVerdict::TooManyOfClient;
  pause_if_full();
  return RequestVerdict::Admitted;
}

void ServerCore::on_request_end(Connection& connection) {
  admission_.end_request(connection.place);
  resume_if_room();
}

void ServerCore::on_connection_closed(Connection& connection) {
  admission_.leave(connection.place);
  connections_.remove(connection);
  context_.loop.destroy_later(std::unique_ptr<net::Disposable>(&connection));
  on_gone();
}

ConnectionPlace::~ConnectionPlace() {
  if (core_ != nullptr) core_->leave(client_);
}

void ServerCore::leave(Client& client) {
  admission_.leave_intercepted(client);
  on_gone();
}

void ServerCore::on_gone() {
  context_.metrics.on_connection_closed();
  resume_if_room();
  finish_drain_if_empty();
}

// All have a request. Who comes now waits in the kernel's backlog, until one of them ends or turns
// out to be stalled.
void ServerCore::pause_if_full() {
  if (is_paused_ || listener_ == nullptr || !admission_.is_full()) return;
  is_paused_ = true;
  listener_->pause();
  full_timer_.arm(kLookForStalled);
}

void ServerCore::resume_if_room() {
  if (!is_paused_ || context_.is_draining || listener_ == nullptr || admission_.is_full()) return;
  is_paused_ = false;
  full_timer_.disarm();
  listener_->resume();
}

void ServerCore::look_for_stalled() {
  admission_.cut_slow(nullptr);
  if (is_paused_ && admission_.is_full()) full_timer_.arm(kLookForStalled);
}

void ServerCore::drain(DrainTimes times, std::function<void()> done) {
  context_.is_draining = true;
  drained_ = std::move(done);
  if (listener_ != nullptr) listener_->drain_and_close();
  drain_within(times);
}

void ServerCore::hasten_drain(DrainTimes times) {
  if (drained_ != nullptr) drain_within(times);
}

void ServerCore::drain_within(DrainTimes times) {
  drain_timer_.arm(times.deadline);
  context_.closes_idle = times.idle_grace.count() == 0;
  if (context_.closes_idle) {
    idle_timer_.disarm();
  } else {
    idle_timer_.arm(times.idle_grace);
  }
  drain_connections();
}

void ServerCore::drain_connections() {
  for (Connection* connection = connections_.first(); connection != nullptr;) {
    Connection* const next = connection->next;
    connection->drain();
    connection = next;
  }
  finish_drain_if_empty();
}

void ServerCore::finish_drain_if_empty() {
  if (!context_.is_draining || connections() > 0 || drained_ == nullptr) return;
  drain_timer_.disarm();
  idle_timer_.disarm();
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
