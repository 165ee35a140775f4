#include "proxy/stream_pump.h"

namespace mex::proxy {
namespace {

using net::IoResult;
using net::IoStatus;

// Rounds before other connections get their turn.
constexpr int kRoundsPerTurn = 16;

bool wants_to_read(const StreamEnd& from) {
  return from.can_read && !from.input_ended && from.input.empty();
}

bool read(StreamEnd& from) {
  const IoResult result = from.transport->read(from.input.writable());
  from.input.commit(result.bytes);
  from.input.release_if_empty();
  from.received += result.bytes;
  // Behind a close there is no further edge: read on until the end is seen.
  if (result.wait && !from.peer_closed) from.can_read = false;
  if (result.status == IoStatus::WouldBlock) from.can_read = false;
  if (result.status == IoStatus::End) from.input_ended = true;
  return result.status != IoStatus::Failed;
}

bool write(StreamEnd& from, StreamEnd& to) {
  const std::string_view bytes = from.input.readable();
  const iovec piece{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  const IoResult result = to.transport->write({&piece, 1});
  from.input.consume(result.bytes);
  from.input.release_if_empty();
  to.write_blocked = result.wait;
  return result.status != IoStatus::Failed;
}

bool shut(StreamEnd& to) {
  const IoResult result = to.transport->shutdown_write();
  to.output_shut = result.status == IoStatus::Progress;
  to.write_blocked = result.status == IoStatus::WouldBlock;
  return result.status != IoStatus::Failed;
}

}  // namespace

void StreamEnd::note(net::Readiness readiness) {
  can_read = can_read || readiness.readable;
  peer_closed = peer_closed || readiness.peer_closed;
  if (readiness.writable) write_blocked = false;
}

PumpResult pump(StreamEnd& from, StreamEnd& to) {
  for (int round = 0; round < kRoundsPerTurn; ++round) {
    if (wants_to_read(from) && !read(from)) return PumpResult::Failed;
    const bool has_bytes = !from.input.empty();
    if (to.write_blocked || (!has_bytes && !from.input_ended)) return PumpResult::Waiting;
    if (!has_bytes) {
      const bool is_shut = to.output_shut || shut(to);
      return is_shut ? PumpResult::Waiting : PumpResult::Failed;
    }
    if (!write(from, to)) return PumpResult::Failed;
  }
  return PumpResult::Busy;
}

}  // namespace mex::proxy
