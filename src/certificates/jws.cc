#include "certificates/jws.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/check.h"
#include "base/status.h"

namespace mex::certificates {
namespace {

using SignaturePtr = std::unique_ptr<ECDSA_SIG, base::Freed<ECDSA_SIG_free>>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, base::Freed<EVP_MD_CTX_free>>;

constexpr int kCoordinate = 32;  // bytes
constexpr const char* kCurve = "prime256v1";

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string coordinate(const BIGNUM* number) {
  std::string bytes(kCoordinate, '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), kCoordinate);
  return bytes;
}

std::string public_coordinate(const EVP_PKEY* key, const char* which) {
  BIGNUM* number = nullptr;
  const int done = EVP_PKEY_get_bn_param(key, which, &number);
  const base::BigNumberPtr owner(number);
  MEX_CHECK(done == 1, "a key on P-256 has its coordinates");
  return coordinate(number);
}

bool is_on_p256(const EVP_PKEY* key) {
  std::array<char, 64> curve{};
  std::size_t length = 0;
  return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), curve.size(),
                                        &length) == 1 &&
         std::string_view(curve.data(), length) == kCurve;
}

}  // namespace

std::string base64url_encode(std::string_view bytes) {
  return absl::WebSafeBase64Escape(std::string(bytes));
}

std::optional<std::string> base64url_decode(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '+', '-');
  std::replace(plain.begin(), plain.end(), '/', '_');
  // absl skips spaces and takes '.' and '=' for padding.
  if (plain.find_first_of("=. \t\r\n\v\f") != std::string::npos) return std::nullopt;
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(plain, &bytes)) return std::nullopt;
  return bytes;
}

absl::StatusOr<AccountKey> AccountKey::create() {
  base::PrivateKeyPtr key(EVP_EC_gen(kCurve));
  if (key == nullptr) return absl::InternalError("OpenSSL cannot make a P-256 key");
  return AccountKey(std::move(key));
}

absl::StatusOr<AccountKey> AccountKey::from_pem(const base::Secret& pem) {
  const std::string& text = pem.reveal();
  const base::BioPtr source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  base::PrivateKeyPtr key(PEM_read_bio_PrivateKey(source.get(), nullptr, nullptr, nullptr));
  if (key == nullptr || !is_on_p256(key.get())) {
    return absl::InvalidArgumentError("not a P-256 private key in PEM form");
  }
  return AccountKey(std::move(key));
}

base::Secret AccountKey::pem() const {
  const base::BioPtr sink(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey_traditional(sink.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                       nullptr);
  char* data = nullptr;
  const long length = BIO_get_mem_data(sink.get(), &data);
  return base::Secret(std::string(data, static_cast<std::size_t>(length)));
}

std::string AccountKey::jwk() const {
  return fmt::format(R"({{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}})",
                     base64url_encode(public_coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X)),
                     base64url_encode(public_coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y)));
}

std::string AccountKey::sign(std::string_view bytes) const {
  const DigestPtr context(EVP_MD_CTX_new());
  std::array<unsigned char, 80> der{};
  std::size_t length = der.size();
  const bool is_signed =
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), der.data(), &length, bytes_of(bytes), bytes.size()) == 1;
  MEX_CHECK(is_signed, "OpenSSL signs with a key on P-256");
  const unsigned char* next = der.data();
  const SignaturePtr signature(d2i_ECDSA_SIG(nullptr, &next, static_cast<long>(length)));
  return coordinate(ECDSA_SIG_get0_r(signature.get())) +
         coordinate(ECDSA_SIG_get0_s(signature.get()));
}

std::string sign_hs256(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(),
       code.data(), &length);
  return {reinterpret_cast<const char*>(code.data()), length};
}

}  // namespace mex::certificates
