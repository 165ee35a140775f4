#include "tls/server_context.h"

#include <openssl/err.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "tls/certificate_content.h"
#include "tls/certificate_index.h"
#include "tls/client_hello.h"
#include "tls/client_verification_content.h"
#include "tls/context_basics.h"
#include "tls/name_index.h"
#include "tls/ticket_callback.h"
#include "tls/tls_transport.h"

namespace mex::tls {
namespace {

constexpr long kMaxClientChain = 16L << 10U;

// One SSL_CTX for all names: what differs between them is set for each connection, once its
// greeting says which name it is about. With one for each, 10,000 names would cost each shard a
// second at every change, and 12 KB a name.
class OpensslServerContext final : public ServerContext,
                                   public std::enable_shared_from_this<OpensslServerContext> {
 public:
  OpensslServerContext(const CertificateTable& certificates,
                       std::shared_ptr<TicketKeys> ticket_keys, net::BufferPool& buffers,
                       ApplicationProtocol protocol)
      : certificates_(certificates),
        ticket_keys_(std::move(ticket_keys)),
        buffers_(buffers),
        protocol_(protocol) {
    for (const auto& [host, verification] : certificates.verifications) {
      verifications_.set(host, verification);
    }
  }

  absl::Status open(Profile profile);
  std::unique_ptr<net::Transport> accept(base::Descriptor socket) const override;
  bool may_ask_for(std::string_view host, const ClientIdentity* client) const override;

  ApplicationProtocol protocol() const { return protocol_; }
  const CertificateIndex& certificates() const { return certificates_; }
  const NameIndex<ClientVerification>& verifications() const { return verifications_; }

 private:
  const CertificateIndex certificates_;
  NameIndex<ClientVerification> verifications_;
  const std::shared_ptr<TicketKeys> ticket_keys_;
  net::BufferPool& buffers_;
  const ApplicationProtocol protocol_;
  SslContextPtr context_;
};

const OpensslServerContext& owner_of(SSL* ssl) {
  return *static_cast<OpensslServerContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
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

std::string_view asked_name(SSL* ssl) {
  const unsigned char* extension = nullptr;
  std::size_t length = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &extension, &length) != 1) return {};
  return server_name_in({reinterpret_cast<const char*>(extension), length});
}

// Runs before a ticket is looked at, so that what a name asks for holds for resumed sessions, too;
// OpenSSL's callback for the name comes behind that. A second greeting, after a HelloRetryRequest,
// may name another: it counts.
int on_client_hello(SSL* ssl, int* alert, void*) {
  const OpensslServerContext& owner = owner_of(ssl);
  const std::string_view name = asked_name(ssl);
  const CertificateIndex::Offer* const offer = owner.certificates().find(name);
  if (offer == nullptr) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_CLIENT_HELLO_ERROR;
  }
  // The offer is a part of the context, which the connection holds.
  SSL_set_app_data(ssl, const_cast<CertificateIndex::Offer*>(offer));
  if (!owner.verifications().empty()) {
    ask_for_certificate(ssl, owner.verifications().find_at_any_depth(name));
  }
  return SSL_CLIENT_HELLO_SUCCESS;
}

// That the name was understood is said to the client, and kept in its session.
int acknowledge_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

bool use(SSL* ssl, const Certificate::Content& content) {
  // The stack only refers to the issuers; OpenSSL takes its own references.
  STACK_OF(X509)* const issuers = sk_X509_new_null();
  const bool is_whole =
      std::all_of(content.issuers.begin(), content.issuers.end(),
                  [&](const X509Ptr& issuer) { return sk_X509_push(issuers, issuer.get()) > 0; });
  const bool is_used =
      is_whole && SSL_use_cert_and_key(ssl, content.own.get(), content.key.get(), issuers, 1) == 1;
  sk_X509_free(issuers);
  return is_used;
}

// Called for full handshakes only; nothing is shown in resumed ones.
int offer_certificates(SSL* ssl, void*) {
  const auto* const offer = static_cast<const CertificateIndex::Offer*>(SSL_get_app_data(ssl));
  return offer != nullptr && std::all_of(offer->begin(), offer->end(),
                                         [ssl](const CertificateIndex::Offered& each) {
                                           return use(ssl, each.certificate.content());
                                         })
             ? 1
             : 0;
}

// The client asks what the issuer says of the certificate that it is just being shown.
int staple_answer(SSL* ssl, void*) {
  const auto* const offer = static_cast<const CertificateIndex::Offer*>(SSL_get_app_data(ssl));
  const X509* const shown = SSL_get_certificate(ssl);
  if (offer == nullptr || shown == nullptr) return SSL_TLSEXT_ERR_NOACK;
  for (const CertificateIndex::Offered& each : *offer) {
    if (each.certificate.content().own.get() != shown || each.staple == nullptr) continue;
    // OpenSSL frees it.
    void* const copy = OPENSSL_memdup(each.staple->data(), each.staple->size());
    if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
    // SSL_set_tlsext_status_ocsp_resp without its C cast.
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP, static_cast<long>(each.staple->size()),
             copy);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

absl::Status OpensslServerContext::open(Profile profile) {
  MEX_ASSIGN_OR_RETURN(context_, make_server_context(profile));
  SSL_CTX* const context = context_.get();
  // Sessions live in tickets only, so that any shard can resume them and none holds any.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_app_data(context, this);
  use_ticket_keys(context, *ticket_keys_);
  // Of a client. All of it is kept in memory until it is verified, and goes to the origin.
  SSL_CTX_set_max_cert_list(context, kMaxClientChain);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
  SSL_CTX_set_client_hello_cb(context, on_client_hello, nullptr);
  SSL_CTX_set_cert_cb(context, offer_certificates, nullptr);
  // SSL_CTX_set_tlsext_servername_callback without its C cast.
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(acknowledge_name));
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB,
                        reinterpret_cast<void (*)()>(staple_answer));
  return absl::OkStatus();
}

std::unique_ptr<net::Transport> OpensslServerContext::accept(base::Descriptor socket) const {
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl == nullptr) return nullptr;
  SSL_set_accept_state(ssl.get());
  return TlsTransport::create(std::move(ssl), std::move(socket), false, buffers_,
                              shared_from_this());
}

bool OpensslServerContext::may_ask_for(std::string_view host, const ClientIdentity* client) const {
  const ClientVerification* const asked =
      verifications_.empty() ? nullptr : verifications_.find_at_any_depth(host);
  return asked == nullptr || (client != nullptr && client->verification == asked->id());
}

// Fails for keys with which OpenSSL will not work, e.g. RSA of 512 bits.
absl::Status check_with(SSL* ssl, const Certificate& certificate) {
  ERR_clear_error();
  if (use(ssl, certificate.content())) return absl::OkStatus();
  return base::error(absl::StatusCode::kInvalidArgument, "certificate of {}: {}",
                     certificate.subject(), take_openssl_error());
}

absl::StatusOr<SslPtr> make_trial() {
  MEX_ASSIGN_OR_RETURN(const SslContextPtr context, make_server_context(Profile::Intermediate));
  SslPtr ssl(SSL_new(context.get()));
  if (ssl != nullptr) return ssl;
  return base::error(absl::StatusCode::kResourceExhausted, "OpenSSL: {}", take_openssl_error());
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ServerContext>> ServerContext::create(
    const CertificateTable& certificates, std::shared_ptr<TicketKeys> ticket_keys,
    net::BufferPool& buffers, ApplicationProtocol protocol, Profile profile) {
  MEX_ASSIGN_OR_RETURN(const SslPtr trial, make_trial());
  if (certificates.fallback) {
    MEX_RETURN_IF_ERROR(check_with(trial.get(), *certificates.fallback));
  }
  for (const Certificate& each : certificates.by_name) {
    MEX_RETURN_IF_ERROR(check_with(trial.get(), each));
  }
  auto context = std::make_shared<OpensslServerContext>(certificates, std::move(ticket_keys),
                                                        buffers, protocol);
  MEX_RETURN_IF_ERROR(context->open(profile));
  return context;
}

absl::Status check_servable(const Certificate& certificate) {
  MEX_ASSIGN_OR_RETURN(const SslPtr trial, make_trial());
  return check_with(trial.get(), certificate);
}

}  // namespace mex::tls
