#include "tls/ticket_callback.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>

namespace mex::tls {
namespace {

// Where a context keeps the address of its keys.
int key_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

bool set_mac(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
  char digest[] = "sha256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

enum TicketVerdict : int {
  kTicketError = -1,
  kTicketUnknown = 0,
  kTicketGood = 1,
  kTicketRenew = 2
};

int seal_ticket(TicketKeys& keys, unsigned char* name, unsigned char* vector,
                EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  TicketKeys::Key key = keys.current();
  const bool ready =
      RAND_bytes(vector, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
      EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), vector) == 1 &&
      set_mac(mac, key);
  std::copy(key.name.begin(), key.name.end(), name);
  OPENSSL_cleanse(&key, sizeof key);
  return ready ? kTicketGood : kTicketError;
}

// RFC 8446 appendix C.4: clients use a ticket once, so that no one sees that they are the same, and
// need another one for the next time.
bool is_used_once(const SSL* ssl) { return SSL_version(ssl) == TLS1_3_VERSION; }

int open_ticket(TicketKeys& keys, const unsigned char* name, const unsigned char* vector,
                EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  std::optional<TicketKeys::Found> found = keys.find(name);
  if (!found) return kTicketUnknown;
  const bool ready = EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr,
                                        found->key.cipher.data(), vector) == 1 &&
                     set_mac(mac, found->key);
  OPENSSL_cleanse(&found->key, sizeof found->key);
  if (!ready) return kTicketError;
  return found->renew ? kTicketRenew : kTicketGood;
}

int on_ticket(SSL* ssl, unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int sealing) {
  auto& keys = *static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), key_slot()));
  if (sealing == 1) return seal_ticket(keys, name, vector, cipher, mac);
  const int verdict = open_ticket(keys, name, vector, cipher, mac);
  return verdict == kTicketGood && is_used_once(ssl) ? kTicketRenew : verdict;
}

}  // namespace

void use_ticket_keys(SSL_CTX* context, TicketKeys& keys) {
  SSL_CTX_set_ex_data(context, key_slot(), &keys);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
}

}  // namespace mex::tls
