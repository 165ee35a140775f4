// Request heads. Promises: the outcome does not depend on the cuts; every view lies within the
// bytes; a head that was accepted, written again by HeadWriter, is accepted again and means the
// same.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_parser.h"
#include "http/writer.h"
#include "oracle.h"

namespace {

using namespace mex::http;

ParseOutcome feed_in_two(RequestParser& parser, std::string_view bytes, std::size_t cut) {
  const ParseOutcome first = parser.feed(bytes.substr(0, cut));
  return first.state == ParseOutcome::State::NeedMore ? parser.feed(bytes) : first;
}

bool within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_views(const RequestHead& head, std::string_view bytes) {
  require(within(head.method_text, bytes) && within(head.target, bytes) &&
              within(head.query, bytes) && within(head.host_text, bytes) &&
              within(head.host.host, bytes) && (within(head.path, bytes) || head.path == "/"),
          "views lie within the bytes");
  for (const Header& header : head.headers) {
    require(within(header.name, bytes) && within(header.value, bytes), "headers lie within");
    require(!header.name.empty(), "header names are not empty");
    require(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
            "values have no line ends");
  }
}

// `bytes` in HTTP/1.1, whatever version they came in.
std::string written(const RequestHead& head) {
  std::vector<char> space(70'000);
  HeadWriter writer(space);
  writer.request_line(head.method_text, head.target);
  for (const Header& header : head.headers) writer.header(header.name, header.value);
  writer.end();
  require(writer.error() == HeadWriter::Error::None, "what was parsed can be written");
  return std::string(writer.text());
}

void check_round_trip(const RequestHead& head) {
  if (head.version == Version::Http10) return;
  const std::string bytes = written(head);
  // Each value may have gained the space behind its colon.
  RequestParser parser({.request_line = 16U << 10U, .head = 64U << 10U});
  const ParseOutcome outcome = parser.feed(bytes);
  require(outcome.state == ParseOutcome::State::Complete, "what was written can be parsed");
  const RequestHead& again = parser.head();
  require(outcome.head_length == bytes.size(), "the head ends where it was ended");
  require(again.method == head.method && again.target == head.target && again.path == head.path &&
              again.query == head.query && again.has_query == head.has_query &&
              again.host_text == head.host_text && again.host.port == head.host.port &&
              again.framing == head.framing && again.keep_alive == head.keep_alive &&
              again.wants_upgrade == head.wants_upgrade &&
              again.expects_continue == head.expects_continue,
          "the written head means the same");
  require(std::equal(head.headers.begin(), head.headers.end(), again.headers.begin(),
                     again.headers.end(),
                     [](const Header& a, const Header& b) {
                       return a.name == b.name && a.value == b.value && a.known == b.known &&
                              a.hop_by_hop == b.hop_by_hop;
                     }),
          "the written head has the same headers");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  RequestParser whole;
  const ParseOutcome outcome = whole.feed(bytes);

  RequestParser cut;
  const ParseOutcome other = feed_in_two(cut, bytes, size == 0 ? 0 : data[size / 2] % size);
  require(outcome.state == other.state && outcome.error == other.error &&
              outcome.error_offset == other.error_offset &&
              outcome.head_length == other.head_length,
          "cuts do not matter");

  require((outcome.state == ParseOutcome::State::Rejected) == (outcome.error != ParseError::None),
          "a rejection has a reason");
  require(outcome.error_offset <= size && outcome.head_length <= size, "offsets lie within");
  if (outcome.state != ParseOutcome::State::Complete) return 0;
  check_views(whole.head(), bytes);
  check_round_trip(whole.head());
  return 0;
}
