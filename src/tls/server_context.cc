#include "tls/server_context.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "tls/certificate_content.h"
#include "tls/context_basics.h"
#include "tls/tls_transport.h"

namespace mex::tls {
namespace {

// Certificates for the same name, by the kind of their keys (EVP_PKEY_RSA, EVP_PKEY_EC, …), of
// which OpenSSL chooses what the client can verify.
using KeyKinds = std::map<int, const Certificate*>;

int kind_of(const Certificate& certificate) {
  return EVP_PKEY_get_base_id(certificate.content().key.get());
}

// Which certificates a name has.
std::map<std::string, KeyKinds> kinds_by_name(const CertificateTable& table) {
  struct Best {
    int rank = 0;
    KeyKinds kinds;
  };
  std::map<std::string, Best> best;
  for (std::size_t i = 0; i < table.by_name.size(); ++i) {
    const Certificate& certificate = table.by_name[i];
    const int rank = i < table.ranks.size() ? table.ranks[i] : 0;
    for (const std::string& name : certificate.names()) {
      const auto [found, is_new] = best.try_emplace(name, Best{.rank = rank, .kinds = {}});
      Best& of_name = found->second;
      if (rank < of_name.rank) continue;
      if (rank > of_name.rank) of_name = {.rank = rank, .kinds = {}};
      of_name.kinds.insert_or_assign(kind_of(certificate), &certificate);
    }
  }
  std::map<std::string, KeyKinds> by_name;
  for (auto& [name, of_name] : best) by_name.emplace(name, std::move(of_name.kinds));
  return by_name;
}

class OpensslServerContext final : public ServerContext,
                                   public std::enable_shared_from_this<OpensslServerContext> {
 public:
  OpensslServerContext(std::shared_ptr<TicketKeys> ticket_keys, net::BufferPool& buffers,
                       ApplicationProtocol protocol)
      : ticket_keys_(std::move(ticket_keys)), buffers_(buffers), protocol_(protocol) {}

  absl::Status add(const CertificateTable& certificates);
  std::unique_ptr<net::Transport> accept(base::Descriptor socket) const override;

  TicketKeys& ticket_keys() const { return *ticket_keys_; }
  ApplicationProtocol protocol() const { return protocol_; }
  bool has_fallback() const { return has_fallback_; }
  // The context for a name a client asked for; null for the fallback's.
  SSL_CTX* find(std::string_view name) const;

 private:
  // With no certificate, for clients that are to be refused.
  absl::StatusOr<SslContextPtr> make_context_for(const KeyKinds& certificates);

  std::shared_ptr<TicketKeys> ticket_keys_;
  net::BufferPool& buffers_;
  const ApplicationProtocol protocol_;
  bool has_fallback_ = false;
  SslContextPtr fallback_;  // what a handshake begins with
  std::vector<SslContextPtr> contexts_;
  std::map<std::string, SSL_CTX*, std::less<>> by_name_;  // one of contexts_
};

const OpensslServerContext& owner_of(SSL* ssl) {
  return *static_cast<OpensslServerContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

std::span<const unsigned char> alpn_of(ApplicationProtocol protocol) {
  switch (protocol) {
    case ApplicationProtocol::Http11:
      return kHttp11Alpn;
    case ApplicationProtocol::Http2:
      return kHttp2Alpn;
    case ApplicationProtocol::Http2OrHttp11:
      return kHttp2OrHttp11Alpn;
  }
  return kHttp11Alpn;
}

int select_protocol(SSL* ssl, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned int offered_length, void*) {
  // In the order in which we prefer them.
  const std::span<const unsigned char> ours = alpn_of(owner_of(ssl).protocol());
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(
      &found, length, ours.data(), static_cast<unsigned int>(ours.size()), offered, offered_length);
  // RFC 7301 section 3.2: no protocol in common ends the handshake.
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

// Called without a name, too.
int select_certificate(SSL* ssl, int* alert, void*) {
  const OpensslServerContext& owner = owner_of(ssl);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (SSL_CTX* context = name == nullptr ? nullptr : owner.find(name)) {
    SSL_set_SSL_CTX(ssl, context);
  } else if (!owner.has_fallback()) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  return SSL_TLSEXT_ERR_OK;
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
  TicketKeys& keys = owner_of(ssl).ticket_keys();
  return sealing == 1 ? seal_ticket(keys, name, vector, cipher, mac)
                      : open_ticket(keys, name, vector, cipher, mac);
}

bool use(SSL_CTX* context, const Certificate::Content& content) {
  if (SSL_CTX_use_certificate(context, content.own.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, content.key.get()) != 1) {
    return false;
  }
  return std::all_of(content.issuers.begin(), content.issuers.end(), [&](const X509Ptr& issuer) {
    return SSL_CTX_add1_chain_cert(context, issuer.get()) == 1;
  });
}

// Fails for keys with which OpenSSL will not work, e.g. RSA of 512 bits.
absl::StatusOr<SslContextPtr> make_context_with(const KeyKinds& certificates) {
  MEX_ASSIGN_OR_RETURN(SslContextPtr context, make_context(TLS_server_method()));
  for (const auto& [kind, certificate] : certificates) {
    if (use(context.get(), certificate->content())) continue;
    return base::error(absl::StatusCode::kInvalidArgument, "certificate of {}: {}",
                       certificate->subject(), take_openssl_error());
  }
  return context;
}

absl::StatusOr<SslContextPtr> OpensslServerContext::make_context_for(const KeyKinds& certificates) {
  MEX_ASSIGN_OR_RETURN(SslContextPtr context, make_context_with(certificates));
  // Sessions live in tickets only, so that any shard can resume them and none holds any.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_app_data(context.get(), this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context.get(), on_ticket);
  SSL_CTX_set_alpn_select_cb(context.get(), select_protocol, nullptr);
  // SSL_CTX_set_tlsext_servername_callback without its C cast.
  SSL_CTX_callback_ctrl(context.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(select_certificate));
  return context;
}

absl::Status OpensslServerContext::add(const CertificateTable& certificates) {
  has_fallback_ = certificates.fallback.has_value();
  KeyKinds fallback;
  if (has_fallback_) fallback.emplace(kind_of(*certificates.fallback), &*certificates.fallback);
  MEX_ASSIGN_OR_RETURN(fallback_, make_context_for(fallback));
  // Names of the same certificates share a context.
  std::map<KeyKinds, SSL_CTX*> contexts;
  for (const auto& [name, kinds] : kinds_by_name(certificates)) {
    SSL_CTX*& context = contexts[kinds];
    if (context == nullptr) {
      MEX_ASSIGN_OR_RETURN(SslContextPtr made, make_context_for(kinds));
      context = made.get();
      contexts_.push_back(std::move(made));
    }
    by_name_.insert_or_assign(name, context);
  }
  return absl::OkStatus();
}

SSL_CTX* OpensslServerContext::find(std::string_view name) const {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  auto found = by_name_.find(lower);
  const std::size_t dot = lower.find('.');
  // RFC 6125 section 6.4.3: a wildcard stands for exactly one label, the leftmost.
  if (found == by_name_.end() && dot != std::string::npos) {
    found = by_name_.find("*" + lower.substr(dot));
  }
  return found == by_name_.end() ? nullptr : found->second;
}

std::unique_ptr<net::Transport> OpensslServerContext::accept(base::Descriptor socket) const {
  SslPtr ssl(SSL_new(fallback_.get()));
  if (ssl == nullptr) return nullptr;
  SSL_set_accept_state(ssl.get());
  return TlsTransport::create(std::move(ssl), std::move(socket), false, buffers_,
                              shared_from_this());
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ServerContext>> ServerContext::create(
    const CertificateTable& certificates, std::shared_ptr<TicketKeys> ticket_keys,
    net::BufferPool& buffers, ApplicationProtocol protocol) {
  auto context = std::make_shared<OpensslServerContext>(std::move(ticket_keys), buffers, protocol);
  MEX_RETURN_IF_ERROR(context->add(certificates));
  return context;
}

absl::Status check_servable(const Certificate& certificate) {
  return make_context_with({{kind_of(certificate), &certificate}}).status();
}

}  // namespace mex::tls
