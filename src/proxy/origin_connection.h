#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/body_reader.h"
#include "http/head.h"
#include "http/response_parser.h"
#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/timer.h"
#include "net/transport.h"
#include "proxy/origin_error.h"

namespace mex::proxy {

class OriginEndpoint;
struct Options;

// Whoever has a connection for one exchange. Calls come from the loop, never from within a call to
// the connection. After on_origin_failed or on_response_end the connection is not the user's any
// more.
class OriginStreamHandler {
 public:
  // Connected: the request may be sent.
  virtual void on_origin_ready() = 0;
  // Valid during the call. Any number of interim heads (1xx but 101), then one final one.
  virtual void on_interim_head(const http::ResponseHead& head) = 0;
  virtual void on_response_head(const http::ResponseHead& head) = 0;
  // Body bytes, decoded; in a tunnel raw ones. Valid during the call.
  virtual void on_response_body(std::string_view bytes) = 0;
  // The response is whole. In a tunnel: the origin has finished sending (and the connection stays
  // the user's until it is abandoned).
  virtual void on_response_end() = 0;
  // output_pending() was above the high-water mark and has fallen to half of it.
  virtual void on_origin_drained() = 0;
  virtual void on_origin_failed(const OriginError& error) = 0;

 protected:
  ~OriginStreamHandler() = default;
};

// One connection to an origin and the HTTP/1.1 exchange on it. Made by its OriginEndpoint, which it
// returns to when an exchange ends in a state that allows another one. Shard thread only.
class OriginConnection final : public net::Disposable, private net::IoHandler {
 public:
  explicit OriginConnection(OriginEndpoint& group);
  ~OriginConnection() override;

  // For the user.

  bool reused() const { return reused_; }  // has carried an exchange before this one
  // Some byte of a response to the current request has arrived.
  bool response_begun() const { return response_begun_; }

  // The response that follows answers a request with this method.
  void begin_request(http::Method method);
  // Memory for the request head, to be written in place.
  std::span<char> reserve_output(std::size_t bytes) { return output_.reserve(bytes); }
  void commit_output(std::size_t bytes);
  void send(std::string_view bytes);  // copied
  void end_request();                 // the request is complete
  std::size_t output_pending() const { return output_.size(); }

  // Back-pressure towards the origin.
  void pause_response() { paused_ = true; }
  void resume_response();

  // From within on_response_head, for a 101: raw bytes both ways from now on.
  void switch_to_tunnel();
  void shutdown_tunnel_output();  // half-closes towards the origin once everything is sent

  // Gives up the exchange and the connection.
  void abandon();

  // For the group.

  enum class State : std::uint8_t { Resolving, Connecting, Idle, Head, Body, Tunnel, Closed };
  State state() const { return state_; }
  void set_handler(OriginStreamHandler& user) { user_ = &user; }
  // The name is known (or never will be: `error`).
  void on_addresses();
  void on_unresolved(std::string_view why);
  // False if the idle connection turns out to be of no use; it closes itself then.
  bool take_from_pool(OriginStreamHandler& user);

 private:
  void on_ready(net::Readiness readiness) override;
  void resume();
  bool open() const { return state_ != State::Closed; }

  // origin_connect.cc
  void connect_next();
  void on_connect_timer();
  bool start_connect(const net::Address& address);
  void continue_connect();

  // origin_connection.cc
  void read_some();
  void process_input();
  bool process_head();
  bool process_body();
  void process_end_of_stream();
  void finish_response();
  bool is_reusable_idle();
  bool reusable() const;
  void flush();
  void write_pieces();
  void arm_timer();
  void on_timer();
  void fail(OriginFault fault, std::string detail = {});
  void close();

  OriginEndpoint& endpoint_;
  net::EventLoop& loop_;
  const Options& options_;
  std::unique_ptr<net::Transport> transport_;
  net::EventLoop::WatchId watch_ = 0;
  net::Buffer input_;
  net::OutputQueue output_;
  net::Deferred flush_;
  net::Deferred resume_;
  net::Timer timer_;
  http::ResponseParser parser_;
  http::BodyReader body_;
  OriginStreamHandler* user_ = nullptr;

  State state_ = State::Resolving;
  http::Method method_ = http::Method::Get;
  const base::SteadyTime made_;
  base::SteadyTime connect_deadline_{};
  std::size_t next_address_ = 0;
  OriginFault connect_fault_ = OriginFault::ConnectFailed;  // of the address tried last
  std::string connect_detail_;
  std::chrono::milliseconds idle_timeout_{};
  base::SteadyTime idle_since_{};
  unsigned interim_heads_ = 0;
  bool readable_ = false;
  bool writable_ = false;
  bool paused_ = false;
  bool reused_ = false;
  bool response_begun_ = false;
  bool response_keeps_alive_ = false;
  bool request_ended_ = false;
  bool transport_holds_output_ = false;
  bool output_broken_ = false;  // writing failed; an answer may still be there to be read
  bool above_high_water_ = false;
  bool shutdown_wanted_ = false;
  bool peer_closed_ = false;  // an end is to be read, though no edge will tell again
};

}  // namespace mex::proxy
