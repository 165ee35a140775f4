#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/http2_gate.h"
#include "net/deferred.h"
#include "net/event_loop.h"
#include "net/transport.h"

namespace mex::api {

// One connection of the gRPC port: ends the client's TLS where there is any, and passes bytes
// between client and gRPC through a gate that bounds the client's streams. gRPC by itself accepts
// any number of them from a client that does not acknowledge its settings. Loop thread only.
class GrpcRelay final : public net::Disposable {
 public:
  // `on_ending` once, when the client's connection is closed; then gRPC learns that the client
  // left, and `on_gone` once, when gRPC has closed its end, too.
  struct Events {
    std::function<void()> on_ending;
    std::function<void()> on_gone;
  };

  GrpcRelay(net::EventLoop& loop, std::unique_ptr<net::Transport> client,
            std::unique_ptr<net::Transport> server, const http::Http2Gate::Limits& limits,
            Events events);
  ~GrpcRelay() override;

  void set_streams(std::size_t streams);
  // Closes the client's connection.
  void end();

 private:
  // One of the two connections, and what was read of it and not passed on yet.
  class Side final : private net::IoHandler {
   public:
    Side(GrpcRelay& relay, std::unique_ptr<net::Transport> transport);
    ~Side();

    bool is_open() const { return transport_ != nullptr; }
    void close();
    void shut_down_output();
    // Reads as much as fits; false: the other end has closed, or failed.
    bool fill();
    // Writes as much as it takes; how many bytes. Sets `failed` if it takes none any more.
    std::size_t write(std::string_view bytes, bool& failed);
    // The socket has not taken all that was written.
    bool has_unsent() const { return has_unsent_; }

    std::string held;         // read, not yet passed on
    bool has_ended = false;   // nothing more comes
    bool has_left = false;    // the peer has closed, whatever is still to be read
    bool is_readable = true;  // unless it has said that there is nothing
    bool is_writable = true;

   private:
    void on_ready(net::Readiness readiness) override;
    // True if bytes can be moved. Sets `failed` if none ever can.
    bool establish(bool& failed);

    GrpcRelay& relay_;
    std::unique_ptr<net::Transport> transport_;
    bool is_established_ = false;
    bool has_unsent_ = false;
    net::EventLoop::WatchId watch_ = 0;
  };

  void pump();
  bool pass_to_server();
  bool pass_to_client();
  void drop_from_server();
  void finish();

  net::EventLoop& loop_;
  http::Http2Gate gate_;
  const Events events_;
  Side client_;
  Side server_;
  std::size_t admitted_ = 0;  // of what the client's side holds
  bool has_finished_ = false;
  net::Deferred more_;
};

}  // namespace mex::api
