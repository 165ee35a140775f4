#pragma once

#include <string>

#include "proxy/upstream/origin_error.h"
#include "proxy/upstream/origin_stream.h"

namespace mex::proxy::upstream {

// What is spoken on an OriginConnection: it makes streams of the connection's bytes. HTTP/1 has one
// stream at a time; a protocol with many uses the same connection. Owned by its connection, which
// makes all calls but open_stream(). Shard thread only.
//
// A protocol reads OriginConnection::input(), writes to OriginConnection::output(), and owns the
// meaning of OriginConnection::deadline() once the connection is open.
class OriginProtocol {
 public:
  OriginProtocol() = default;
  OriginProtocol(const OriginProtocol&) = delete;
  OriginProtocol& operator=(const OriginProtocol&) = delete;
  virtual ~OriginProtocol() = default;

  // A stream for one exchange, also before the connection is open.
  virtual OriginStream& open_stream(OriginStreamHandler& handler) = 0;
  // It can open further streams beside those that are open.
  virtual bool has_room() const { return false; }

  // The connection is open: requests may be sent.
  virtual void on_connected() = 0;
  // No request is under way: whatever the origin sends now ends the connection.
  virtual bool is_idle() const = 0;
  // Makes all progress that is possible with the bytes that are there. False if no more can be
  // processed now: back-pressure towards the origin, no exchange, or the connection was closed.
  virtual bool process_input() = 0;
  // The origin has finished sending.
  virtual void on_input_end() = 0;
  // Output is about to be sent: what has collected becomes output. Calls handlers.
  virtual void prepare_output() {}
  // The output may have become shorter.
  virtual void on_output_sent() = 0;
  // Bytes have moved, or cannot move now: the deadline starts anew.
  virtual void on_progress() = 0;
  virtual void on_deadline() = 0;
  // Last call: the connection has closed, and all exchanges end for this reason.
  virtual void on_failed(OriginError error) = 0;
};

}  // namespace mex::proxy::upstream
