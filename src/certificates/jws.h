#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/openssl.h"
#include "base/secret.h"

// What of JSON Web Signatures (RFC 7515) an ACME account needs.
namespace mex::certificates {

// RFC 7515 section 2: base64 for URLs, without padding.
std::string base64url_encode(std::string_view bytes);
// Takes ordinary base64 and padding, too. Nothing if the text is neither.
std::optional<std::string> base64url_decode(std::string_view text);

// The key of an account: ECDSA on P-256.
class AccountKey {
 public:
  static absl::StatusOr<AccountKey> create();
  // As pem() made it, or lego. InvalidArgument if it is no such key.
  static absl::StatusOr<AccountKey> from_pem(const base::Secret& pem);

  base::Secret pem() const;  // "EC PRIVATE KEY", the form that lego reads
  std::string jwk() const;   // the public half as JSON, its members in the order of RFC 7638
  // ES256 (RFC 7518 section 3.4) of `bytes`: 64 bytes.
  std::string sign(std::string_view bytes) const;

 private:
  explicit AccountKey(base::PrivateKeyPtr key) : key_(std::move(key)) {}

  base::PrivateKeyPtr key_;
};

// HS256 (RFC 7518 section 3.2).
std::string sign_hs256(std::string_view key, std::string_view bytes);

// The flattened JSON serialization (RFC 7515 section 7.2.2). `sign` is given what is to be signed.
template <typename Sign>
std::string make_jws(std::string_view protected_header, std::string_view payload, Sign&& sign) {
  const std::string head = base64url_encode(protected_header);
  const std::string body = base64url_encode(payload);
  const std::string signature = base64url_encode(sign(head + "." + body));
  return R"({"protected":")" + head + R"(","payload":")" + body + R"(","signature":")" + signature +
         R"("})";
}

}  // namespace mex::certificates
