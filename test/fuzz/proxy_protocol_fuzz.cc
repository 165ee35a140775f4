// What a load balancer says at the beginning of a connection, whatever it is. Promises: the answer
// does not depend on the bytes behind it, more bytes never take back a decision, and what is taken
// out of the connection is bounded and was there.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/proxy_protocol.h"
#include "oracle.h"

using Header = mex::net::ProxyProtocolHeader;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Header whole = Header::parse(bytes);
  if (whole.state() == Header::State::Complete) {
    require(whole.size() > 0 && whole.size() <= size, "what is taken was there");
    require(whole.size() <= Header::kMaxSize, "and is bounded");
  } else {
    require(whole.client().empty(), "only a complete header has a client");
  }
  if (whole.state() == Header::State::NeedMore) {
    require(size < Header::kMaxSize, "a header has an end");
  } else {
    const Header more = Header::parse(std::string(bytes) + "\x16\x03");
    require(more.state() == whole.state(), "what comes behind is not looked at");
    require(more.size() == whole.size(), "nor taken");
  }
  const Header half = Header::parse(bytes.substr(0, size / 2));
  if (half.state() != Header::State::NeedMore) {
    require(half.state() == whole.state(), "more bytes take nothing back");
    require(half.client() == whole.client(), "nor change who the client is");
  }
  return 0;
}
