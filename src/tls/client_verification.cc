#include "tls/client_verification.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "tls/client_verification_content.h"

namespace mex::tls {
namespace {

using CrlPtr = std::unique_ptr<X509_CRL, base::Freed<X509_CRL_free>>;

BioPtr text_bio(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

absl::Status damaged(std::string_view what, std::size_t number) {
  return base::error(absl::StatusCode::kInvalidArgument, "{} {} is damaged: {}", what, number,
                     take_openssl_error());
}

bool was_that_all() {
  const unsigned long code = ERR_peek_last_error();
  const bool is_end =
      ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  if (is_end) ERR_clear_error();
  return is_end;
}

std::string one_line(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : "";
}

absl::Status add_authorities(std::string_view pem, ClientVerification::Content& content) {
  const BioPtr in = text_bio(pem);
  ERR_clear_error();
  while (X509Ptr authority{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)}) {
    const std::string name = one_line(X509_get_subject_name(authority.get()));
    if (X509_check_ca(authority.get()) == 0) {
      return base::error(absl::StatusCode::kInvalidArgument,
                         "certificate {} ({}) is not one of an authority",
                         content.trusted.size() + 1, name);
    }
    if (X509_STORE_add_cert(content.store.get(), authority.get()) != 1) {
      return damaged("certificate", content.trusted.size() + 1);
    }
    content.names.push_back(name);
    content.trusted.push_back(std::move(authority));
    if (content.trusted.size() > ClientVerification::kMaxAuthorities) {
      return base::error(absl::StatusCode::kInvalidArgument, "holds more than {} certificates",
                         ClientVerification::kMaxAuthorities);
    }
  }
  if (!was_that_all()) return damaged("certificate", content.trusted.size() + 1);
  if (!content.trusted.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
}

absl::Status add_revocations(std::string_view pem, ClientVerification::Content& content) {
  const BioPtr in = text_bio(pem);
  std::size_t count = 0;
  ERR_clear_error();
  while (const CrlPtr list{PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr)}) {
    ++count;
    if (X509_STORE_add_crl(content.store.get(), list.get()) != 1) return damaged("list", count);
  }
  if (!was_that_all()) return damaged("list", count + 1);
  if (count == 0) {
    return absl::InvalidArgumentError("holds no list in PEM form (-----BEGIN X509 CRL-----)");
  }
  // Of every authority of the chain, as nginx's ssl_crl.
  X509_STORE_set_flags(content.store.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return absl::OkStatus();
}

// Of everything that decides who gets in, so that a session that was begun under other rules is
// not taken for one under these.
std::array<char, 32> digest_of(const ClientVerification::Spec& spec) {
  const std::string all =
      fmt::format("{} {} {} {}\n{}\n{}", spec.is_required, spec.depth, spec.ca_pem.size(),
                  spec.crl_pem.size(), spec.ca_pem, spec.crl_pem);
  std::array<char, 32> digest{};
  EVP_Digest(all.data(), all.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
             EVP_sha256(), nullptr);
  return digest;
}

std::shared_ptr<ClientVerification::Content> empty_content() {
  auto content = std::make_shared<ClientVerification::Content>();
  content->store.reset(X509_STORE_new());
  X509_STORE_set_flags(content->store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return content;
}

// For the client to choose by (RFC 8446 section 4.2.4). The caller's.
STACK_OF(X509_NAME) * names_of(const std::vector<X509Ptr>& authorities) {
  STACK_OF(X509_NAME)* const names = sk_X509_NAME_new_null();
  for (const X509Ptr& authority : authorities) {
    sk_X509_NAME_push(names, X509_NAME_dup(X509_get_subject_name(authority.get())));
  }
  return names;
}

// RFC 9440 section 2.1: a byte sequence of RFC 8941.
std::string byte_sequence(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return "";
  std::string text(static_cast<std::size_t>(size + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), der, size);
  OPENSSL_free(der);
  text.resize(static_cast<std::size_t>(length));
  return ":" + text + ":";
}

}  // namespace

absl::StatusOr<ClientVerification> ClientVerification::create(const Spec& spec) {
  auto content = empty_content();
  if (spec.depth < 0 || spec.depth > kMaxDepth) {
    return base::field_error("depth", fmt::format("must be 0 to {}", kMaxDepth));
  }
  if (const absl::Status added = add_authorities(spec.ca_pem, *content); !added.ok()) {
    return base::field_error("ca", base::message_of(added));
  }
  if (!spec.crl_pem.empty()) {
    if (const absl::Status added = add_revocations(spec.crl_pem, *content); !added.ok()) {
      return base::field_error("crl", base::message_of(added));
    }
  }
  content->is_required = spec.is_required;
  content->depth = spec.depth;
  content->id = digest_of(spec);
  return ClientVerification(std::move(content));
}

ClientVerification ClientVerification::closed() {
  auto content = empty_content();
  content->id = digest_of({.ca_pem = ""});
  return ClientVerification(std::move(content));
}

bool ClientVerification::is_required() const { return content_->is_required; }
int ClientVerification::depth() const { return content_->depth; }
std::string_view ClientVerification::id() const {
  return {content_->id.data(), content_->id.size()};
}
const std::vector<std::string>& ClientVerification::authorities() const { return content_->names; }

// Everything is set either way: a greeting after a HelloRetryRequest may name another host than the
// first one.
void ask_for_certificate(SSL* ssl, const ClientVerification* verification) {
  constexpr std::size_t kUsualTickets = 2;
  if (verification == nullptr) {
    SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
    SSL_set_session_id_context(ssl, reinterpret_cast<const unsigned char*>(""), 0);
    SSL_clear_options(ssl, SSL_OP_NO_TICKET);
    SSL_set_num_tickets(ssl, kUsualTickets);
    return;
  }
  const ClientVerification::Content& content = verification->content();
  SSL_set_verify(ssl, SSL_VERIFY_PEER | (content.is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                 nullptr);
  SSL_set_verify_depth(ssl, content.depth);
  SSL_set1_verify_cert_store(ssl, content.store.get());
  SSL_set_client_CA_list(ssl, names_of(content.trusted));
  SSL_set_session_id_context(ssl, reinterpret_cast<const unsigned char*>(content.id.data()),
                             static_cast<unsigned>(content.id.size()));
  // Each connection proves anew who it is: a ticket would still let in who has expired since, and
  // carries no chain.
  SSL_set_options(ssl, SSL_OP_NO_TICKET);
  SSL_set_num_tickets(ssl, 0);
}

std::unique_ptr<const ClientIdentity> identity_of(const SSL* ssl) {
  unsigned length = 0;
  const SSL_SESSION* const session = SSL_get0_session(ssl);
  const unsigned char* const verification =
      session == nullptr ? nullptr : SSL_SESSION_get0_id_context(session, &length);
  if (length == 0) return nullptr;
  auto identity = std::make_unique<ClientIdentity>();
  identity->verification = {reinterpret_cast<const char*>(verification), length};
  X509* const own = SSL_get0_peer_certificate(ssl);
  if (own == nullptr) return identity;
  identity->certificate = byte_sequence(own);
  const STACK_OF(X509)* const chain = SSL_get0_verified_chain(ssl);
  for (int i = 1; i < sk_X509_num(chain); ++i) {
    if (!identity->chain.empty()) identity->chain += ", ";
    identity->chain += byte_sequence(sk_X509_value(chain, i));
  }
  return identity;
}

}  // namespace mex::tls
