#include "server/server_core.h"

#include <algorithm>
#include <utility>

#include "net/transport.h"
#include "tls/client_hello.h"

namespace mex::server {
namespace {

metrics::Counter response_counter(const ServerOptions& options, std::string_view status_class) {
  return metrics::counter("mex_server_responses_total", "Responses by status class.",
                          {{"server", options.name}, {"class", status_class}});
}

// A head must fit into one block of the pool, with room to read on behind it.
ServerOptions with_usable_limits(ServerOptions options) {
  constexpr std::size_t kMaxHead = net::BufferPool::kMaxBlock - net::BufferPool::kBlockSize;
  options.limits.head = std::min(options.limits.head, kMaxHead);
  return options;
}

std::chrono::sys_seconds this_second(const net::EventLoop& loop) {
  return std::chrono::floor<std::chrono::seconds>(loop.wall_now());
}

}  // namespace

ServerCore::ServerCore(net::EventLoop& loop, net::BufferPool& buffers, Service& service,
                       ServerOptions options)
    : loop_(loop),
      buffers_(buffers),
      service_(service),
      options_(with_usable_limits(std::move(options))),
      drain_timer_(loop.timers(), [this] { cut_all(); }),
      date_(this_second(loop).time_since_epoch().count()),
      date_second_(this_second(loop)),
      responses_{response_counter(options_, "1xx"), response_counter(options_, "2xx"),
                 response_counter(options_, "3xx"), response_counter(options_, "4xx"),
                 response_counter(options_, "5xx")},
      accepted_(metrics::counter("mex_server_connections_total", "Connections accepted.",
                                 {{"server", options_.name}})),
      rejected_(metrics::counter("mex_server_requests_rejected_total",
                                 "Requests that were not acceptable HTTP.",
                                 {{"server", options_.name}})),
      handshake_failures_(metrics::counter("mex_server_tls_handshake_failures_total",
                                           "TLS handshakes that failed.",
                                           {{"server", options_.name}})),
      timeouts_(metrics::counter("mex_server_timeouts_total",
                                 "Connections given up because the client was too slow.",
                                 {{"server", options_.name}})),
      open_(metrics::gauge("mex_server_connections", "Connections open now.",
                           {{"server", options_.name}})) {}

ServerCore::~ServerCore() {
  listener_.reset();
  drained_ = nullptr;
  cut_all();
}

absl::Status ServerCore::listen(const net::Address& address,
                                std::shared_ptr<const tls::ServerContext> tls) {
  tls_ = std::move(tls);
  auto listener = net::Listener::open(loop_, address, *this);
  if (!listener.ok()) return listener.status();
  listener_ = *std::move(listener);
  local_ = listener_->local_address();
  return absl::OkStatus();
}

void ServerCore::on_accept(base::Descriptor socket, const net::Address& peer) {
  TlsInterceptor* const tls_interceptor = tls_ != nullptr ? service_.tls_interceptor() : nullptr;
  const bool is_peeked = tls_interceptor != nullptr && tls_interceptor->is_active();
  const bool has_begun =
      is_peeked ? begin_peek(std::move(socket), peer) : begin_session(std::move(socket), peer, 0);
  if (has_begun) enter();
}

bool ServerCore::begin_peek(base::Descriptor socket, const net::Address& peer) {
  // One more than fits, so that a hello that is too long is seen to be.
  if (peek_space_.empty()) peek_space_.resize(tls::ClientHello::kMaxSize + 1);
  auto peek = std::make_unique<ClientHelloPeek>(*this, std::move(socket), peer);
  if (!peek->start()) return false;
  peeks_.add(*peek.release());
  return true;
}

bool ServerCore::begin_session(base::Descriptor socket, const net::Address& peer,
                               net::EventLoop::WatchId watch) {
  std::unique_ptr<net::Transport> transport = tls_ != nullptr
                                                  ? tls_->accept(std::move(socket))
                                                  : net::make_tcp_transport(std::move(socket));
  if (transport == nullptr) {
    loop_.unwatch(watch);
    return false;
  }
  auto session = std::make_unique<Session>(*this, std::move(transport), peer, tls_ != nullptr);
  if (!session->start(watch)) return false;
  sessions_.add(*session.release());
  return true;
}

void ServerCore::begin_session(ClientHelloPeek& peek, base::Descriptor socket,
                               const net::Address& peer, net::EventLoop::WatchId watch) {
  retire(peek);
  if (!begin_session(std::move(socket), peer, watch)) leave();
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
  loop_.destroy_later(std::unique_ptr<net::Disposable>(&peek));
}

void ServerCore::remove(Session& session) {
  sessions_.remove(session);
  loop_.destroy_later(std::unique_ptr<net::Disposable>(&session));
  leave();
}

ConnectionPlace::~ConnectionPlace() {
  if (core_ != nullptr) core_->leave();
}

void ServerCore::enter() {
  accepted_.add();
  open_.add(1);
  if (++connections_ >= options_.max_connections) listener_->pause();
}

void ServerCore::leave() {
  open_.add(-1);
  --connections_;
  if (listener_ != nullptr && !draining_ && connections_ + 1 == options_.max_connections) {
    listener_->resume();
  }
  finish_drain_if_empty();
}

void ServerCore::drain(std::chrono::milliseconds deadline, std::function<void()> done) {
  draining_ = true;
  drained_ = std::move(done);
  if (listener_ != nullptr) listener_->drain_and_close();
  for (Session* session = sessions_.first(); session != nullptr;) {
    Session* const next = session->next;
    session->drain();
    session = next;
  }
  drain_timer_.arm(deadline);
  finish_drain_if_empty();
}

void ServerCore::finish_drain_if_empty() {
  if (!draining_ || connections_ > 0 || drained_ == nullptr) return;
  drain_timer_.disarm();
  std::exchange(drained_, nullptr)();
}

void ServerCore::cut_all() {
  while (!peeks_.empty()) drop(*peeks_.first());
  while (!sessions_.empty()) sessions_.first()->cut(CloseReason::Draining);
  if (TlsInterceptor* const tls_interceptor = service_.tls_interceptor())
    tls_interceptor->cut_intercepted();
}

std::string_view ServerCore::date() {
  const std::chrono::sys_seconds second = this_second(loop_);
  if (second != date_second_) {
    date_ = http::DateText(second.time_since_epoch().count());
    date_second_ = second;
  }
  return date_.text();
}

std::unique_ptr<Session::RequestState> ServerCore::take_request_state() {
  if (free_states_.empty()) return std::make_unique<Session::RequestState>(options_.limits);
  std::unique_ptr<Session::RequestState> state = std::move(free_states_.back());
  free_states_.pop_back();
  return state;
}

void ServerCore::give_back(std::unique_ptr<Session::RequestState> state) {
  state->parser.reset();
  free_states_.push_back(std::move(state));
}

void ServerCore::count_response(int status) {
  const int status_class = std::clamp(status / 100, 1, 5);
  responses_[static_cast<std::size_t>(status_class - 1)].add();
}

}  // namespace mex::server
