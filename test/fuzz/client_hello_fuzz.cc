// The first bytes of a TLS connection, whatever they are. Promises: the answer does not depend on
// the bytes behind it, more bytes never take back a decision, and a name is one that a client can
// have asked for.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "oracle.h"
#include "tls/client_hello.h"

using mex::tls::ClientHello;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const ClientHello whole = ClientHello::parse(bytes);
  require(whole.server_name().size() <= 253, "a name has at most 253 characters");
  require(whole.state() == ClientHello::State::Complete || whole.server_name().empty(),
          "only a complete hello has a name");
  require(whole.state() == ClientHello::State::Complete || !whole.is_acme_challenge(),
          "only a complete hello is a challenge");
  for (const char c : whole.server_name()) require(c < 'A' || c > 'Z', "names are in lower case");

  const ClientHello half = ClientHello::parse(bytes.substr(0, size / 2));
  if (half.state() != ClientHello::State::NeedMore) {
    require(half.state() == whole.state(), "more bytes take nothing back");
    require(half.server_name() == whole.server_name(), "more bytes do not change the name");
    require(half.is_acme_challenge() == whole.is_acme_challenge(), "nor what the client is");
  }
  const ClientHello again = ClientHello::parse(std::string(bytes) + "\x16\x03");
  if (whole.state() != ClientHello::State::NeedMore) {
    require(again.state() == whole.state(), "what comes behind is not looked at");
  }
  return 0;
}
