#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/timer.h"
#include "net/transport.h"
#include "proxy/options.h"
#include "proxy/upstream/origin_connector.h"
#include "proxy/upstream/origin_error.h"
#include "proxy/upstream/origin_protocol.h"

namespace mex::proxy::upstream {

class OriginEndpoint;

// One connection to an origin: the wait for its addresses, TCP, TLS, socket, buffers, deadlines.
// What its bytes mean is its OriginProtocol's business. Made by its OriginEndpoint, which keeps it
// between exchanges. Shard thread only.
//
// Large because the protocol, the endpoint and the event loop each have their own calls.
class OriginConnection final : public net::Disposable, private net::IoHandler {
 public:
  OriginConnection(OriginEndpoint& endpoint, std::chrono::milliseconds connect_timeout);
  ~OriginConnection() override;

  // For the protocol.

  net::Buffer& input() { return input_; }
  net::OutputQueue& output() { return output_; }
  net::Timer& deadline() { return deadline_; }
  const Options& options() const;
  bool is_open() const { return state_ != State::Closed; }
  // False once writing has failed: more output would be dropped.
  bool is_writable() const { return is_open() && !io_.output_broken; }
  // Output was queued: it is sent behind the current event.
  void flush_soon();
  // Input can be processed again behind the current event.
  void receive_soon();
  // Ends our direction once all output is sent.
  void end_output();
  // The exchange is over, and another one can follow: gives the connection back to its endpoint.
  // False if it is of no use for another one.
  bool release();
  // The same for a protocol that can be idle with output on its way. The connection may have
  // been closed when it returns.
  void rest();
  // Older than what is reused.
  bool is_old() const;
  void fail(OriginError error);
  // Closes without a word to the protocol.
  void close();

  // For the endpoint.

  OriginProtocol& protocol() { return *protocol_; }
  bool is_resolving() const { return state_ == State::Resolving; }
  // The addresses are known; or there are none, for the reason that `error` gives.
  void on_resolved(std::string_view error);
  // False if the idle connection turns out to be of no use; it closes itself then.
  bool reuse();
  // The same over HTTP/2, where it goes on being read.
  bool check_idle();
  // A further stream can be opened, if not `reuse` only on one that was never idle.
  bool has_room(bool reuse) const;
  bool is_http2() const { return is_http2_; }

 private:
  enum class State : std::uint8_t { Resolving, Connecting, Open, Closed };
  // Readiness that is still good, and the ends of both directions.
  struct Io {
    bool readable = false;
    bool writable = false;
    bool transport_holds_output = false;
    bool output_broken = false;  // writing failed; an answer may still be there to be read
    bool ends_output = false;    // our direction ends behind the output
    bool peer_closed = false;    // an end is to be read, though there is no further edge
  };

  void on_ready(net::Readiness readiness) override;
  void resume();
  void connect_next();
  void continue_connect();
  void receive();
  bool is_reusable_idle();
  bool is_trusted() const;  // to be open still
  void flush();
  void write_pieces();
  void on_deadline();

  OriginEndpoint& endpoint_;
  std::unique_ptr<net::Transport> transport_;
  std::unique_ptr<OriginProtocol> protocol_;
  net::EventLoop::WatchId watch_ = 0;
  net::Buffer input_;
  net::OutputQueue output_;
  net::Deferred flush_;
  net::Deferred resume_;
  net::Timer deadline_;  // that of connecting, then the protocol's
  OriginConnector connector_;
  const base::SteadyTime created_;
  const bool is_http2_;
  base::SteadyTime idle_since_{};
  bool was_idle_ = false;
  State state_ = State::Resolving;
  Io io_;
};

}  // namespace mex::proxy::upstream
