#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/body_reader.h"
#include "http/request_parser.h"
#include "net/buffer.h"

namespace mex::server::http1 {

// One request as it is read from a connection's input: its head, then its body. Used again for the
// next request after reset(). Shard thread only.
class RequestReader {
 public:
  RequestReader(const http::RequestLimits& limits, net::BufferPool& buffers)
      : parser_(limits), head_bytes_(buffers) {}

  // `input` begins with this request.
  http::ParseOutcome parse(const net::Buffer& input) { return parser_.feed(input.readable()); }
  // Once parse() has given Complete: takes the bytes that are there out of `input`, with their
  // memory, so that the views of head() stay valid while more is received.
  void begin_body(net::Buffer& input, std::size_t head_length);
  // Valid from Complete until reset().
  const http::RequestHead& head() const { return parser_.head(); }

  // Bytes behind the head that have not been consumed, as far as they are in one piece.
  std::string_view unread(const net::Buffer& input) const {
    const std::string_view first = head_bytes_.readable().substr(consumed_);
    return first.empty() ? input.readable() : first;
  }
  // A piece of the body from the front of unread(); the caller consumes it.
  http::BodyStep take_body(std::string_view bytes) { return body_.take(bytes); }
  void consume(net::Buffer& input, std::size_t bytes);
  bool has_whole_body() const { return body_.done(); }
  std::string_view trailers() const { return body_.trailers(); }

  // Counts bytes of an unwanted body; false once there are more of them than `limit`.
  bool discard(std::size_t bytes, std::uint64_t limit) { return (discarded_ += bytes) <= limit; }

  // The request is complete, or what is left of it is not worth reading.
  void end() { has_ended_ = true; }
  bool has_ended() const { return has_ended_; }

  // Ready for the next request. Bytes behind this one go back to `input`.
  void reset(net::Buffer& input);

 private:
  http::RequestParser parser_;
  http::BodyReader body_;
  net::Buffer head_bytes_;    // the head and what came with it
  std::size_t consumed_ = 0;  // bytes of head_bytes_ that the head and the body took
  std::uint64_t discarded_ = 0;
  bool has_ended_ = false;
};

}  // namespace mex::server::http1
