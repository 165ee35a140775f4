// A stream of responses as the proxy reads it: heads, then bodies by their framing. Promises: the
// cuts do not matter; nothing is read twice or past the end; an accepted head can be written and
// read again.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/body_reader.h"
#include "http/response_parser.h"
#include "http/writer.h"
#include "oracle.h"

namespace {

using namespace mex::http;

struct Reading {
  std::string transcript;  // statuses and payloads
  ParseError error = ParseError::None;

  bool operator==(const Reading&) const = default;
};

void check_round_trip(const ResponseHead& head, Method method) {
  std::vector<char> space(140'000);
  HeadWriter writer(space);
  writer.status_line(head.status, head.reason);
  for (const Header& header : head.headers) writer.header(header.name, header.value);
  writer.end();
  require(writer.error() == HeadWriter::Error::None, "what was parsed can be written");
  if (head.version == Version::Http10) return;
  ResponseParser parser({.head = 128U << 10U});
  parser.reset(method);
  require(parser.feed(writer.text()).state == ParseOutcome::State::Complete,
          "what was written can be parsed");
  require(parser.head().status == head.status && parser.head().reason == head.reason &&
              parser.head().framing == head.framing &&
              parser.head().keep_alive == head.keep_alive &&
              parser.head().headers.size() == head.headers.size(),
          "the written head means the same");
}

// The bytes arrive in pieces of `step`.
Reading read(std::string_view bytes, Method method, std::size_t step) {
  Reading reading;
  ResponseParser parser;
  BodyReader body;
  std::size_t start = 0;
  parser.reset(method);
  for (std::size_t end = std::min(step, bytes.size());; end = std::min(end + step, bytes.size())) {
    while (start < end) {
      const std::string_view visible = bytes.substr(start, end - start);
      if (!body.done()) {
        const BodyStep taken = body.take(visible);
        require(taken.consumed > 0 || taken.error != ParseError::None, "a step makes progress");
        require(taken.consumed <= visible.size(), "nothing past the end is consumed");
        reading.transcript += taken.payload;
        reading.error = taken.error;
        if (taken.error != ParseError::None) return reading;
        start += taken.consumed;
        continue;
      }
      const ParseOutcome outcome = parser.feed(visible);
      reading.error = outcome.error;
      if (outcome.state == ParseOutcome::State::Rejected) return reading;
      if (outcome.state == ParseOutcome::State::NeedMore) break;
      check_round_trip(parser.head(), method);
      reading.transcript += "[" + std::to_string(parser.head().status) + "]";
      body = BodyReader(parser.head().framing);
      start += outcome.head_length;
      parser.reset(method);
    }
    if (end == bytes.size()) return reading;
  }
}

}  // namespace

// The first byte picks the request's method and the cut, the rest is the stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Method method = (data[0] & 1U) != 0 ? Method::Head : Method::Get;
  const std::size_t step = 1 + data[0] / 2U;
  const Reading whole = read(bytes, method, size);
  require(read(bytes, method, step) == whole, "cuts do not matter");
  return 0;
}
