#pragma once

#include "server/exchange.h"

namespace mex::server {

// What is spoken on a Connection: it makes streams, each of them an Exchange, of the connection's
// bytes. HTTP/1 has one stream at a time; a protocol with many uses the same connection. Owned by
// its connection, which makes all calls. Shard thread only.
//
// A protocol reads Connection::input(), writes to Connection::output(), and owns the meaning of
// Connection::deadline() while the connection is open.
class Protocol {
 public:
  Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  virtual ~Protocol() = default;

  // False while bytes that arrive must wait: back-pressure towards the client.
  virtual bool wants_input() const = 0;
  // Makes all progress that is possible. Called when bytes have arrived, and after wake(): what a
  // handler did between two events takes effect here.
  virtual void process_input() = 0;
  // The client has finished sending; everything before that has been processed or waits in input().
  virtual void on_input_end() = 0;
  // The kernel has taken some of the output.
  virtual void on_output_sent() = 0;
  virtual void on_deadline() = 0;
  // The server is draining: the client is to make no further requests, and from the moment on when
  // ConnectionContext::closes_idle is true, a connection without streams should end. Called at the
  // beginning of the drain, and again at that moment.
  virtual void on_drain() = 0;
  // An exchange has begun and has not ended. A client that is gone ends it.
  virtual bool has_open_streams() const = 0;
  // An exchange waits for bytes of the client.
  virtual bool awaits_client() const = 0;
  // Last call: ends all exchanges for this reason. Connection and protocol live on until the end of
  // the loop's turn.
  virtual void on_close(CloseReason reason) = 0;
};

}  // namespace mex::server
