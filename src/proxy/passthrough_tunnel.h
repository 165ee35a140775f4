#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/timer.h"
#include "proxy/stream_pump.h"
#include "server/tls_interceptor.h"

namespace mex::proxy {

class Passthrough;

// One client's connection and the server's it is carried on to. Shard thread only.
class PassthroughTunnel final : public net::Disposable {
 public:
  // `servers`: in the order in which they are tried.
  PassthroughTunnel(Passthrough& owner, const tls::ClientHello& asked,
                    std::vector<net::Address> servers, server::InterceptedConnection connection);
  ~PassthroughTunnel() override;

  void start() { try_next_server(); }
  const std::string& server_name() const { return asked_.server_name; }
  bool is_challenge() const { return asked_.is_challenge; }
  // When bytes moved, or when it began.
  base::SteadyTime moved_at() const { return moved_at_; }
  // Ends it now; both sides see a reset.
  void cut();

  // Links of the owner's list.
  PassthroughTunnel* previous = nullptr;
  PassthroughTunnel* next = nullptr;

 private:
  // Knows which of the two connections an event is for.
  class Watcher final : public net::IoHandler {
   public:
    Watcher(PassthroughTunnel& tunnel, StreamEnd& end) : tunnel_(tunnel), end_(end) {}
    void on_ready(net::Readiness readiness) override { tunnel_.on_ready(end_, readiness); }
    net::EventLoop::WatchId id = 0;

   private:
    PassthroughTunnel& tunnel_;
    StreamEnd& end_;
  };

  struct Asked {
    std::string server_name;
    bool is_challenge;
    net::Address client;
    base::SteadyTime at;
  };
  enum class State : std::uint8_t { Connecting, Connected, Closed };

  void on_ready(StreamEnd& end, net::Readiness readiness);
  void on_deadline();
  void try_next_server();
  void await_connection();
  void finish_connect();
  void move();
  void close();
  void log() const;

  Passthrough& owner_;
  const Asked asked_;
  std::optional<server::ConnectionPlace> place_;
  StreamEnd client_;
  StreamEnd server_;
  Watcher client_watcher_;
  Watcher server_watcher_;
  net::Timer timer_;  // to connect, then between two bytes
  net::Deferred resume_;
  const std::vector<net::Address> servers_;
  std::size_t tried_ = 0;  // of them; the last one is being tried, or connected to
  base::SteadyTime moved_at_;
  State state_ = State::Connecting;
};

}  // namespace mex::proxy
