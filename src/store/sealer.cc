#include "store/sealer.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/file.h"
#include "base/freed.h"
#include "base/status.h"

namespace mex::store {
namespace {

// What seal() returns: format, key id, nonce, ciphertext, tag. Everything before the ciphertext is
// authenticated too, together with the context.
constexpr std::string_view kSealFormat = "mex\x01";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyIdBytes = 8;
constexpr std::size_t kNonceBytes = 12;  // the length that GCM takes without hashing
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kHeaderBytes = kSealFormat.size() + kKeyIdBytes + kNonceBytes;

constexpr mode_t kKeyMode = 0600;

using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, base::Freed<EVP_CIPHER_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void check(int result) { MEX_CHECK(result == 1, "OpenSSL's AES-256-GCM failed"); }

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  check(RAND_bytes(bytes_of(bytes), static_cast<int>(count)));
  return bytes;
}

// A key that is only ever compared with itself: hashed with its own label.
std::string key_id_of(const base::Secret& key) {
  const base::Secret labelled("mexosagent sealing key id\n" + key.reveal());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  check(EVP_Digest(labelled.reveal().data(), labelled.reveal().size(), digest.data(), nullptr,
                   EVP_sha256(), nullptr));
  return {reinterpret_cast<const char*>(digest.data()), kKeyIdBytes};
}

// The header has a fixed length, so header and context cannot run into each other.
void authenticate(EVP_CIPHER_CTX* cipher, std::string_view text, bool encrypting) {
  int ignored = 0;
  const int length = static_cast<int>(text.size());
  check(encrypting ? EVP_EncryptUpdate(cipher, nullptr, &ignored, bytes_of(text), length)
                   : EVP_DecryptUpdate(cipher, nullptr, &ignored, bytes_of(text), length));
}

absl::Status data_loss(std::string_view context, std::string_view why) {
  return base::error(absl::StatusCode::kDataLoss, "{}: {}", context, why);
}

absl::Status make_key_file(const std::string& path) {
  const base::Secret key(random_bytes(kKeyBytes));
  return base::write_file_atomically(path, key.reveal(), kKeyMode);
}

// A key that others may have read is no key: it is not enough to close the file now.
absl::Status check_mode(const std::string& path, mode_t mode) {
  if (S_ISREG(mode) && (mode & 07777U) == kKeyMode) return absl::OkStatus();
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "{}: the sealing key must be a regular file of mode 0600, not {:04o}; if "
                     "nobody else can have read it, chmod it to 0600",
                     path, mode & 07777U);
}

}  // namespace

absl::StatusOr<Sealer> Sealer::open(const std::string& key_path) {
  auto loaded = load(key_path);
  if (!absl::IsNotFound(loaded.status())) return loaded;
  MEX_RETURN_IF_ERROR(make_key_file(key_path));
  return load(key_path);
}

absl::StatusOr<Sealer> Sealer::load(const std::string& key_path) {
  struct stat info {};
  if (lstat(key_path.c_str(), &info) != 0) return base::errno_status(errno, key_path);
  MEX_RETURN_IF_ERROR(check_mode(key_path, info.st_mode));
  MEX_ASSIGN_OR_RETURN(std::string content, base::read_file(key_path, 4096));
  return from_key(base::Secret(std::move(content)), key_path);
}

absl::StatusOr<Sealer> Sealer::from_key(base::Secret key, std::string_view name) {
  if (key.reveal().size() != kKeyBytes) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{}: the sealing key must have {} bytes, not {}; restore it from the backup",
                       name, kKeyBytes, key.reveal().size());
  }
  return Sealer(std::move(key));
}

Sealer::Sealer(base::Secret key) : key_(std::move(key)), key_id_(key_id_of(key_)) {}

std::string Sealer::seal(const base::Secret& plaintext, std::string_view context) const {
  const std::string& plain = plaintext.reveal();
  const std::string nonce = random_bytes(kNonceBytes);
  std::string sealed = std::string(kSealFormat) + key_id_ + nonce;
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  check(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_.reveal()),
                           bytes_of(nonce)));
  authenticate(cipher.get(), sealed, /*encrypting=*/true);
  authenticate(cipher.get(), context, /*encrypting=*/true);
  sealed.resize(kHeaderBytes + plain.size() + kTagBytes);
  unsigned char* const body = bytes_of(sealed) + kHeaderBytes;
  int length = 0;
  check(EVP_EncryptUpdate(cipher.get(), body, &length, bytes_of(plain),
                          static_cast<int>(plain.size())));
  check(EVP_EncryptFinal_ex(cipher.get(), body + length, &length));
  check(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, body + plain.size()));
  return sealed;
}

bool Sealer::has_sealed(std::string_view sealed) const {
  return sealed.size() > kHeaderBytes && sealed.starts_with(kSealFormat) &&
         sealed.substr(kSealFormat.size(), kKeyIdBytes) == key_id_;
}

absl::StatusOr<base::Secret> Sealer::unseal(std::string_view sealed,
                                            std::string_view context) const {
  if (sealed.size() < kHeaderBytes + kTagBytes || !sealed.starts_with(kSealFormat)) {
    return data_loss(context, "is not a sealed record of a known format");
  }
  if (!has_sealed(sealed)) {
    return data_loss(context, "was sealed with another key: is the key file of another agent?");
  }
  const std::string_view header = sealed.substr(0, kHeaderBytes);
  const std::string_view nonce = header.substr(kSealFormat.size() + kKeyIdBytes);
  const std::string_view body =
      sealed.substr(kHeaderBytes, sealed.size() - kHeaderBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  check(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_.reveal()),
                           bytes_of(nonce)));
  authenticate(cipher.get(), header, /*encrypting=*/false);
  authenticate(cipher.get(), context, /*encrypting=*/false);
  std::string plain(body.size(), '\0');
  int length = 0;
  check(EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &length, bytes_of(body),
                          static_cast<int>(body.size())));
  base::Secret secret(std::move(plain));
  check(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()));
  std::array<unsigned char, kTagBytes> rest{};
  if (EVP_DecryptFinal_ex(cipher.get(), rest.data(), &length) != 1) {
    return data_loss(context, "the sealed record was changed, or belongs elsewhere");
  }
  return secret;
}

}  // namespace mex::store
