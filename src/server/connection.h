#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "net/address.h"
#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/timer.h"
#include "net/transport.h"
#include "server/connection_context.h"
#include "server/exchange.h"
#include "server/place.h"
#include "server/protocol.h"
#include "tls/client_identity.h"

namespace mex::server {

class Connection;

// What becomes of a request, before anyone looks at what it asks for.
enum class RequestVerdict : std::uint8_t {
  Admitted,  // and counted until on_request_end
  Probe,     // admitted, but not counted
  TooManyOfClient,
  NoRoom,
  Misdirected,  // its host asks for another certificate of the client than this connection has
};

// For people, in the answer to the last.
inline constexpr std::string_view kMisdirected =
    "this host asks for a client certificate, and this connection was opened for another one";

// Who keeps the connections of a server.
class ConnectionOwner {
 public:
  // The connection is open, after the TLS handshake if it has one.
  virtual std::unique_ptr<Protocol> create_protocol(Connection& connection) = 0;
  // The client speaks without TLS where TLS is spoken: the answer is put into output(), in clear
  // text, and is the last.
  virtual void answer_clear_text(Connection& connection) = 0;
  // A request's head is complete.
  virtual RequestVerdict admit_request(Connection& /*connection*/,
                                       const http::RequestHead& /*head*/) {
    return RequestVerdict::Admitted;
  }
  // One that was counted is done with.
  virtual void on_request_end(Connection& /*connection*/) {}
  // It has closed, and its protocol has ended its exchanges. The owner destroys it with
  // EventLoop::destroy_later, because its methods are still on the stack.
  virtual void on_connection_closed(Connection& connection) = 0;

 protected:
  ~ConnectionOwner() = default;
};

// A client's connection: socket, TLS, buffers, deadlines, the orderly end. What its bytes mean is
// its Protocol's business. Shard thread only.
//
// All progress is made in advance(), which runs on readiness, and once behind the event in which
// wake() was called. So a protocol's and its handlers' calls only change state and queue output, no
// callback happens within a call, and everything that one event causes leaves in one send.
//
// Large because its loop, its protocol, its owner and its place each have their calls.
class Connection final : public net::Disposable, private net::IoHandler, private PlaceHolder {
 public:
  Connection(ConnectionContext& context, ConnectionOwner& owner,
             std::unique_ptr<net::Transport> transport, const net::Address& peer, bool tls);
  ~Connection() override;

  // `watch`: the socket's registration if it has one already, else 0. False if the kernel grants no
  // registration; the owner hears nothing of the connection then.
  bool start(net::EventLoop::WatchId watch);

  // For the protocol.

  const ConnectionInfo& info() const { return info_; }
  void set_protocol(HttpProtocol protocol) { info_.protocol = protocol; }
  net::Buffer& input() { return input_; }
  net::OutputQueue& output() { return output_; }
  net::Timer& deadline() { return deadline_; }
  bool input_ended() const { return io_.input_ended; }
  // There are bytes to process, or more may be waiting in the kernel.
  bool may_have_input() const { return io_.can_read || !input_.empty(); }
  // Output was queued, or input can be processed: advance() runs once, behind the current event or,
  // where several may have a part in it, behind all events of this turn.
  enum class Wake : std::uint8_t { AfterEvent, AfterTurn };
  void wake(Wake when = Wake::AfterEvent);
  // Ends our direction once all output is sent. The connection closes when the client has ended its
  // direction, too.
  void end_output() { io_.ends_output = true; }
  // The same, for a connection that serves no further request: what the client still sends is
  // discarded, for a limited time. The protocol gets no more calls but on_close().
  void linger();
  // The client cannot be served any more: closes without sending the rest of the output.
  void fail() { io_.broken = true; }
  // Closes with a reset, so that the client notices that something is missing; not from within this
  // call.
  void abort(CloseReason reason) { io_.abort_reason = reason; }
  RequestVerdict admit_request(const http::RequestHead& head) {
    return owner_.admit_request(*this, head);
  }
  void end_request() { owner_.on_request_end(*this); }

  // For the owner, and for a protocol's on_deadline().

  void drain();
  // Closes now, whatever is going on.
  void cut(CloseReason reason);

  // Links of the owner's list.
  Connection* previous = nullptr;
  Connection* next = nullptr;
  Place place{*this};

 private:
  // PlaceHolder
  void give_up_place() override;
  Wait wait() const override;

  enum class Phase : std::uint8_t {
    Handshake,  // TLS
    Open,       // the protocol's
    Lingering,  // the last bytes go out, then the client has time to read them
    Closed,
  };
  // Readiness that is still good, the ends of both directions, and whose turn it is.
  struct Io {
    bool can_read = false;
    bool peer_closed = false;  // an edge said so: read until End
    bool peer_gone = false;    // no answer can reach the client any more
    bool input_ended = false;  // End was read
    bool write_blocked = false;
    bool transport_holds_output = false;
    bool ends_output = false;  // our direction ends behind the output
    bool output_shut = false;  // it has ended
    bool broken = false;       // reading or writing failed
    std::optional<CloseReason> abort_reason;
    bool advancing = false;  // advance() is on the stack
    bool again = false;      // and is to run another round
  };

  void on_ready(net::Readiness readiness) override;
  void advance();
  void end_round();
  bool do_handshake();
  void receive();
  void process_input();
  bool read_once();
  bool wants_input() const;
  bool flush();
  void on_deadline();
  void close(CloseReason reason);

  ConnectionContext& context_;
  ConnectionOwner& owner_;
  std::unique_ptr<net::Transport> transport_;
  std::unique_ptr<Protocol> protocol_;  // null during the handshake
  ConnectionInfo info_;
  std::unique_ptr<const tls::ClientIdentity> client_;
  net::EventLoop::WatchId watch_ = 0;
  net::Buffer input_;
  net::OutputQueue output_;
  net::Timer deadline_;       // the handshake's, then the protocol's, then that of lingering
  net::Timer write_timeout_;  // the client takes nothing
  net::Deferred work_;
  Phase phase_ = Phase::Handshake;
  Io io_;
  base::SteadyTime moved_at_;  // when the client last sent or took anything
};

}  // namespace mex::server
