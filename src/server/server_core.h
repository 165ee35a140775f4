#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/rate_limit.h"
#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "server/admission.h"
#include "server/client_hello_peek.h"
#include "server/connection.h"
#include "server/connection_context.h"
#include "server/connection_list.h"
#include "server/exchange.h"
#include "server/protocols.h"
#include "server/server.h"
#include "server/tls_interceptor.h"
#include "tls/server_context.h"

namespace mex::server {

// Accepts the connections of a Server, keeps them, and drains them. Shard thread only.
//
// Large because all that a connection can become passes through it: peek, connection, intercepted.
class ServerCore final : private net::AcceptHandler, private ConnectionOwner {
 public:
  ServerCore(net::EventLoop& loop, net::BufferPool& buffers, Service& service,
             ServerOptions options);
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;
  ~ServerCore();

  absl::Status listen(const net::Address& address, std::shared_ptr<const tls::ServerContext> tls);
  const net::Address& local_address() const { return local_; }
  void replace_tls(std::shared_ptr<const tls::ServerContext> tls) { tls_ = std::move(tls); }
  void drain(DrainTimes times, std::function<void()> done);
  void hasten_drain(DrainTimes times);
  std::size_t connections() const { return admission_.open(); }

  // For peeks: where the first bytes of a connection are read to, and what becomes of it.
  ConnectionContext& context() { return context_; }
  std::span<char> peek_space() { return peek_space_; }
  TlsInterceptor& tls_interceptor() { return *context_.service.tls_interceptor(); }
  void drop(ClientHelloPeek& peek);
  // TLS connections may be intercepted.
  bool looks_at_greetings() const;
  // It is another one's: behind a load balancer. False: there is no room for that one, and the peek
  // is gone.
  bool admit_anew(ClientHelloPeek& peek, const net::Address& client);
  void note_wrong_proxy_header(const net::Address& peer);
  ConnectionPlace give_place(ClientHelloPeek& peek);
  void begin_connection(ClientHelloPeek& peek, base::Descriptor socket, const net::Address& peer,
                        net::EventLoop::WatchId watch);

  // False: no further connection can be intercepted.
  bool make_room_to_intercept(const ClientHelloPeek& peek);
  // An intercepted connection is gone.
  void leave(Client& client);

 private:
  // net::AcceptHandler
  void on_accept(base::Descriptor socket, const net::Address& peer) override;
  // ConnectionOwner
  std::unique_ptr<Protocol> create_protocol(Connection& connection) override;
  void answer_clear_text(Connection& connection) override;
  RequestVerdict admit_request(Connection& connection, const http::RequestHead& head) override;
  void on_request_end(Connection& connection) override;
  void on_connection_closed(Connection& connection) override;

  void begin_peek(base::Descriptor socket, const net::Address& peer, bool begins_with_proxy_header);
  std::unique_ptr<Connection> create_connection(base::Descriptor socket, const net::Address& peer,
                                                net::EventLoop::WatchId watch);
  void begin_connection(base::Descriptor socket, const net::Address& peer);
  void pause_if_full();
  void resume_if_room();
  void look_for_stalled();
  void on_gone();
  void retire(ClientHelloPeek& peek);
  void drain_within(DrainTimes times);
  void drain_connections();
  void finish_drain_if_empty();
  void cut_all();

  ConnectionContext context_;
  Protocols protocols_;
  std::shared_ptr<const tls::ServerContext> tls_;
  net::Address local_;
  std::unique_ptr<net::Listener> listener_;
  ConnectionList<Connection> connections_;  // and owns them
  ConnectionList<ClientHelloPeek> peeks_;   // the same
  std::vector<char> peek_space_;            // empty while no connection is intercepted
  Admission admission_;
  base::RateLimit wrong_headers_{5, std::chrono::seconds(10)};  // lines of the log
  bool is_paused_ = false;  // connections wait in the kernel's backlog
  net::Timer full_timer_;   // while they do
  std::function<void()> drained_;
  net::Timer drain_timer_;
  net::Timer idle_timer_;  // of a drain
};

}  // namespace mex::server
