// The gate of HTTP/2: in whatever pieces bytes come, it admits the same ones, never more streams
// than it may, and holds back no more than a frame's header unless it is blocked or broken.
#include <cstdlib>
#include <string>

#include "http/http2_gate.h"

using mex::http::Http2Gate;

namespace {

constexpr Http2Gate::Limits kLimits{.streams = 3};

// What the gate admits of `bytes` if they come in pieces of `size`.
std::string admitted(const std::string& bytes, std::size_t size) {
  Http2Gate gate(kLimits);
  std::string passed;
  std::string held;
  for (std::size_t at = 0; at < bytes.size() && !gate.is_broken(); at += size) {
    held += bytes.substr(at, size);
    const std::size_t count = gate.admit(held);
    if (count > held.size() || gate.open_streams() > kLimits.streams) std::abort();
    passed += held.substr(0, count);
    held.erase(0, count);
    if (!gate.is_broken() && !gate.is_blocked() && held.size() >= 9) std::abort();
  }
  return gate.is_broken() ? "broken" : passed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string frames(reinterpret_cast<const char*>(data), size);
  const std::string bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frames;
  const std::string whole = admitted(bytes, bytes.size());
  // Once broken, how much went before depends on the pieces.
  if (admitted(bytes, 1) != whole || admitted(bytes, 7) != whole) std::abort();
  Http2Gate gate(kLimits);
  gate.observe(frames);
  return 0;
}
