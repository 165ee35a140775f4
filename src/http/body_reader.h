#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/body_framing.h"
#include "http/chunk_decoder.h"
#include "http/parse_error.h"

namespace mex::http {

// Takes a body out of the bytes of a connection, whatever its framing. Copies nothing.
//
//   while (!bytes.empty() && !reader.done()) {
//     const BodyStep step = reader.take(bytes);
//     if (step.error != ParseError::None) …
//     if (!step.payload.empty()) handler.on_body(step.payload);
//     bytes.remove_prefix(step.consumed);
//   }
//   if (reader.done()) …  // what is left in `bytes` belongs to the next message
class BodyReader {
 public:
  // No body: done() from the start.
  BodyReader() = default;
  explicit BodyReader(BodyFraming framing);

  // Consumes a prefix of `bytes`, at least one byte when there is one and the body is neither done
  // nor faulty, never a byte behind the body's end.
  BodyStep take(std::string_view bytes);

  // Of a chunked body that is done(); see ChunkDecoder.
  std::string_view trailers() const { return chunks_.trailers(); }

  // The whole body has been taken. Never true for UntilClose before on_end_of_stream().
  bool done() const;

  // The peer closed its side: true if the body is complete by that, false if it was cut off.
  bool on_end_of_stream();

 private:
  BodyFraming::Kind kind_ = BodyFraming::Kind::None;
  bool closed_ = false;
  std::uint64_t remaining_ = 0;
  ChunkDecoder chunks_;
};

}  // namespace mex::http
