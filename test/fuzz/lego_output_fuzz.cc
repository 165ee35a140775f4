// What a child process says when it fails, whatever it is. Promises: one line of text that can be
// shown, of bounded length. And the key of an external account, as it was pasted: it is refused, or
// the same in the form that RFC 7515 writes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "certificates/jws.h"
#include "certificates/lego_outcome.h"
#include "oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto failure =
      mex::certificates::read_lego_failure({reinterpret_cast<const char*>(data), size});
  require(!failure.reason.empty(), "there is always a reason");
  require(failure.reason.size() < 1010, "it is short");
  require(mex::base::is_utf8(failure.reason), "it is text");
  for (const char c : failure.reason) {
    require(static_cast<unsigned char>(c) >= ' ' && c != 0x7F, "it is one line");
  }
  require(failure.is_rate_limited || !failure.not_before, "only a limit has an end");
  const auto key = mex::certificates::base64url_decode({reinterpret_cast<const char*>(data), size});
  if (key) {
    const std::string text = mex::certificates::base64url_encode(*key);
    require(mex::certificates::base64url_decode(text) == key, "bytes survive base64");
  }
  return 0;
}
