#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "http/date.h"
#include "metrics/metrics.h"
#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "server/client_hello_peek.h"
#include "server/connection_list.h"
#include "server/exchange.h"
#include "server/server.h"
#include "server/session.h"
#include "server/tls_interceptor.h"
#include "tls/server_context.h"

namespace mex::server {

// What the sessions of a Server share, and what they tell it. Shard thread only.
class ServerCore final : private net::AcceptHandler {
 public:
  ServerCore(net::EventLoop& loop, net::BufferPool& buffers, Service& service,
             ServerOptions options);
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;
  ~ServerCore();

  absl::Status listen(const net::Address& address, std::shared_ptr<const tls::ServerContext> tls);
  const net::Address& local_address() const { return local_; }
  void replace_tls(std::shared_ptr<const tls::ServerContext> tls) { tls_ = std::move(tls); }
  void drain(std::chrono::milliseconds deadline, std::function<void()> done);
  std::size_t connections() const { return connections_; }

  // For sessions.
  net::EventLoop& loop() { return loop_; }
  net::BufferPool& buffers() { return buffers_; }
  Service& service() { return service_; }
  const ServerOptions& options() const { return options_; }
  bool draining() const { return draining_; }
  std::string_view date();
  std::unique_ptr<Session::RequestState> take_request_state();
  void give_back(std::unique_ptr<Session::RequestState> state);

  // For previews: where the first bytes of a connection are looked at, and what becomes of it.
  std::span<char> peek_space() { return peek_space_; }
  TlsInterceptor& tls_interceptor() { return *service_.tls_interceptor(); }
  void drop(ClientHelloPeek& peek);
  ConnectionPlace give_place(ClientHelloPeek& peek);
  void begin_session(ClientHelloPeek& peek, base::Descriptor socket, const net::Address& peer,
                     net::EventLoop::WatchId watch);

  // A connection that counted as open is gone.
  void leave();
  // The session has closed: it is taken out of the list and destroyed at the end of the turn.
  void remove(Session& session);

  void count_response(int status);
  void count_rejected() const { rejected_.add(); }
  void count_handshake_failure() const { handshake_failures_.add(); }
  void count_timeout() const { timeouts_.add(); }

 private:
  void on_accept(base::Descriptor socket, const net::Address& peer) override;
  void enter();
  bool begin_peek(base::Descriptor socket, const net::Address& peer);
  bool begin_session(base::Descriptor socket, const net::Address& peer,
                     net::EventLoop::WatchId watch);
  void retire(ClientHelloPeek& peek);
  void finish_drain_if_empty();
  void cut_all();

  net::EventLoop& loop_;
  net::BufferPool& buffers_;
  Service& service_;
  const ServerOptions options_;
  std::shared_ptr<const tls::ServerContext> tls_;
  net::Address local_;
  std::unique_ptr<net::Listener> listener_;
  ConnectionList<Session> sessions_;       // and owns them
  ConnectionList<ClientHelloPeek> peeks_;  // the same
  std::vector<char> peek_space_;           // empty until somebody is diverted
  std::size_t connections_ = 0;
  std::vector<std::unique_ptr<Session::RequestState>> free_states_;

  bool draining_ = false;
  std::function<void()> drained_;
  net::Timer drain_timer_;

  http::DateText date_;
  std::chrono::sys_seconds date_second_;

  std::array<metrics::Counter, 5> responses_;  // 1xx to 5xx
  metrics::Counter accepted_;
  metrics::Counter rejected_;
  metrics::Counter handshake_failures_;
  metrics::Counter timeouts_;
  metrics::Gauge open_;
};

}  // namespace mex::server
