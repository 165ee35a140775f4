#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "http/http2_gate.h"
#include "net/deferred.h"
#include "net/event_loop.h"

namespace mex::api {

// One connection of the gRPC port: passes bytes between a client's socket and gRPC's, through a
// gate that bounds the client's streams. gRPC by itself accepts any number of them from a client
// that does not acknowledge its settings. Loop thread only.
class GrpcRelay final : public net::Disposable {
 public:
  // `on_ending` once, when the client's socket is closed; then gRPC learns that the client left,
  // and `on_gone` once, when gRPC has closed its end, too.
  struct Events {
    std::function<void()> on_ending;
    std::function<void()> on_gone;
  };

  GrpcRelay(net::EventLoop& loop, base::Descriptor client, base::Descriptor server,
            const http::Http2Gate::Limits& limits, Events events);
  ~GrpcRelay() override;

  void set_streams(std::size_t streams);
  // Closes the client's socket.
  void end();

 private:
  // One of the two sockets, and what was read of it and not passed on yet.
  class Side final : private net::IoHandler {
   public:
    Side(GrpcRelay& relay, base::Descriptor socket);
    ~Side();

    bool is_open() const { return socket_.valid(); }
    void close();
    void shut_down_output() const;
    // Reads as much as fits; false: the other end has closed, or failed.
    bool fill();
    // Writes as much as it takes; how many bytes. Sets `failed` if it takes none any more.
    std::size_t write(std::string_view bytes, bool& failed);

    std::string held;         // read, not yet passed on
    bool has_ended = false;   // nothing more comes
    bool has_left = false;    // the peer has closed, whatever is still to be read
    bool is_readable = true;  // unless it has said that there is nothing
    bool is_writable = true;

   private:
    void on_ready(net::Readiness readiness) override;

    GrpcRelay& relay_;
    base::Descriptor socket_;
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
