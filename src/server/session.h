#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "http/body_reader.h"
#include "http/request_parser.h"
#include "net/address.h"
#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/timer.h"
#include "net/transport.h"
#include "server/exchange.h"
#include "server/response_head.h"

namespace mex::server {

class ServerCore;

// One HTTP/1 connection of a client: a state machine over a transport. It is also the exchange that
// is going on, since HTTP/1 has one at a time. What a handler calls only changes state and queues
// output; all progress is made in advance(), which runs on readiness, on deadlines, and once behind
// the event in which a handler called. So no callback ever happens from within a handler's call.
class Session final : public net::Disposable, private net::IoHandler, private Exchange {
 public:
  Session(ServerCore& core, std::unique_ptr<net::Transport> transport, const net::Address& peer,
          bool tls);
  ~Session() override;

  // `watch`: the socket's registration if it has one already, else 0. False if the connection could
  // not be taken up; nobody has been told of it then.
  bool start(net::EventLoop::WatchId watch);

  // Ends idle connections now and others after their exchange.
  void drain();
  // Ends it now, whatever is going on.
  void cut(CloseReason reason);

  // Links of the server's list of sessions.
  Session* previous = nullptr;
  Session* next = nullptr;

 private:
  enum class Phase : std::uint8_t {
    Handshake,  // TLS
    Idle,       // between requests
    Head,       // in the middle of a request's head
    Exchange,
    Tunnel,
    Closing,  // the last bytes go out, then the client is given time to read them
    Closed,
  };

  // net::IoHandler
  void on_ready(net::Readiness readiness) override;

  // Exchange
  const http::RequestHead& request() const override;
  const ConnectionInfo& connection() const override { return info_; }
  net::EventLoop& loop() override;
  void set_handler(RequestHandler& handler) override { handler_ = &handler; }
  void pause_body() override;
  void resume_body() override;
  void send_informational(int status, std::span<const HeaderView> headers) override;
  void send_head(int status, std::span<const HeaderView> headers, BodyLength length) override;
  void send_body(std::string_view bytes) override;
  void end_body() override;
  std::size_t output_pending() const override { return output_.size(); }
  bool output_full() const override;
  void switch_to_tunnel() override;
  void abort() override;

  // The engine (session.cc)
  void advance();
  void advance_soon();
  void settle();
  bool do_handshake();
  void receive();
  bool read_once();
  bool wants_input() const;
  bool flush();
  void tell_drained();
  void on_input_deadline();
  void on_output_deadline();
  void close();

  // Requests (session_request.cc)
  void process_input();
  bool parse_head();
  void begin_exchange(std::size_t head_length);
  bool deliver_body();
  bool discard_body(std::size_t bytes);
  void give_up_request();
  bool deliver_tunnel();
  std::string_view unread() const;
  void mark_read(std::size_t bytes);
  void on_input_ended();
  void finish_if_complete();
  void finish_exchange(CloseReason reason);
  void leave_exchange();
  void enter_idle();
  void begin_closing();
  void answer_and_close(int status, std::string_view line);
  void fail_exchange(CloseReason reason, int status, std::string_view line);

  // Responses (session_response.cc)
  bool may_send() const;
  bool in_exchange() const { return phase_ == Phase::Exchange || phase_ == Phase::Tunnel; }
  void queue(std::string_view bytes);
  void continue_if_awaited();
  void give_up_response();
  ConnectionOption connection_option(int status);

  ServerCore& core_;
  std::unique_ptr<net::Transport> transport_;
  ConnectionInfo info_;
  net::EventLoop::WatchId watch_ = 0;
  net::Buffer input_;  // the head of the current request and what came with it
  net::Buffer body_;   // what came later; so the head's bytes stay in place
  net::OutputQueue output_;
  net::Timer input_timer_;   // handshake, head, body, idle, tunnel, linger: one at a time
  net::Timer output_timer_;  // the client takes nothing
  net::Deferred work_;
  Phase phase_;

  // Readiness that is still good, and the ends of both directions.
  bool can_read_ = false;
  bool peer_closed_ = false;  // an edge said so: read until End
  bool peer_gone_ = false;    // nobody can be answered any more
  bool input_ended_ = false;  // End was read
  bool write_blocked_ = false;
  bool flush_transport_ = false;  // the transport holds bytes of ours
  bool output_shut_ = false;      // our direction has been ended
  bool broken_ = false;           // reading or writing failed
  bool advancing_ = false;
  bool again_ = false;

  // The current exchange.
  struct RequestState;
  std::unique_ptr<RequestState> request_;  // from the first byte of a head until the exchange ends
  RequestHandler* handler_ = nullptr;
  std::size_t consumed_ = 0;  // bytes of input_ that the head and the body took
  std::uint64_t discarded_ = 0;
  std::uint64_t response_left_ = 0;  // of a counted body
  BodyMode body_mode_ = BodyMode::Absent;
  bool keep_alive_ = false;
  bool request_done_ = false;
  bool body_paused_ = false;
  bool continue_sent_ = false;
  bool head_sent_ = false;
  bool response_ended_ = false;
  bool aborted_ = false;
  bool tunnel_wanted_ = false;
  bool was_full_ = false;

  friend class ServerCore;
};

// What only a connection with a request needs; idle ones hold none. Pooled by the server.
struct Session::RequestState {
  explicit RequestState(const http::RequestLimits& limits) : parser(limits) {}
  http::RequestParser parser;
  http::BodyReader body;
};

}  // namespace mex::server
