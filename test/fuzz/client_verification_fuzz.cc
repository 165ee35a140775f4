// Authorities and revocations as an operator gives them, in PEM, with a zero byte between them.
// Promises: what is taken has between one and as many authorities as there may be, and the same
// text has the same id.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "oracle.h"
#include "tls/client_verification.h"

using mex::tls::ClientVerification;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = std::min(text.find('\0'), text.size());
  ClientVerification::Spec spec{.ca_pem = std::string(text.substr(0, zero))};
  if (zero < text.size()) spec.crl_pem = text.substr(zero + 1);
  const auto verification = ClientVerification::create(spec);
  if (!verification.ok()) {
    require(!mex::base::message_of(verification.status()).empty(), "a refusal has a reason");
    return 0;
  }
  const std::size_t count = verification->authorities().size();
  require(count > 0 && count <= ClientVerification::kMaxAuthorities, "one authority or some");
  require(ClientVerification::create(spec)->id() == verification->id(),
          "the same text, the same id");
  return 0;
}
