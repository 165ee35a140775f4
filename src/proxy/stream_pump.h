#pragma once

#include <cstdint>
#include <memory>

#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/transport.h"

namespace mex::proxy {

// One end of a tunnel: a connection with what was read from it and not yet written to the other.
struct StreamEnd {
  explicit StreamEnd(net::BufferPool& buffers) : input(buffers) {}

  void note(net::Readiness readiness);

  std::unique_ptr<net::Transport> transport;
  net::Buffer input;
  std::uint64_t received = 0;  // bytes, in all
  bool can_read = false;       // as far as is known
  bool write_blocked = false;
  bool peer_closed = false;  // an edge said so: there is no further one
  bool input_ended = false;  // its End was read
  bool output_shut = false;  // our direction towards it has been ended
};

enum class PumpResult : std::uint8_t {
  Waiting,  // nothing more can be moved now
  Busy,     // more could be moved; others have their turn first
  Failed,   // one of the two is broken
};

// Moves bytes from one end to the other as long as both are willing, and passes the end on. The
// buffer between them is all that waits: a slow reader slows the writer down.
PumpResult pump(StreamEnd& from, StreamEnd& to);

}  // namespace mex::proxy
