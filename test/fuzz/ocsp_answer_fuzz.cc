// What a responder of OCSP sends, whatever it is. Promises: nothing is taken that the certificate's
// issuer has not signed, and what is refused has a reason.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "oracle.h"
#include "tls/ocsp.h"
#include "tls/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Its own issuer, whose key no input has.
  static const mex::tls::Certificate certificate = [] {
    const auto pair = mex::tls::testing::make_pem_pair();
    return mex::tls::testing::certificate_of({pair.certificate + pair.certificate, pair.key});
  }();
  const std::string_view der(reinterpret_cast<const char*>(data), size);
  const auto answer =
      mex::tls::check_ocsp_answer(certificate, der, mex::base::system_clock().wall_now());
  require(!answer.ok(), "no one has signed this");
  require(!mex::base::message_of(answer.status()).empty(), "a refusal has a reason");
  return 0;
}
