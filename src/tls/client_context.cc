#include "tls/client_context.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <utility>

#include "base/status.h"
#include "net/address.h"
#include "tls/context_basics.h"
#include "tls/tls_transport.h"

namespace mex::tls {
namespace {

class OpensslClientContext final : public ClientContext,
                                   public std::enable_shared_from_this<OpensslClientContext> {
 public:
  OpensslClientContext(SslContextPtr context, net::BufferPool& buffers)
      : context_(std::move(context)), buffers_(buffers) {}

  std::unique_ptr<net::Transport> connect(base::Descriptor connecting, const std::string& host,
                                          ApplicationProtocol protocol) const override;

 private:
  SslContextPtr context_;
  net::BufferPool& buffers_;
};

// What the certificate must be for. Names are also sent to the server; RFC 6066 section 3 forbids
// sending addresses.
bool expect_host(SSL* ssl, const std::string& host) {
  if (net::Address::parse_ip(host, 0).ok()) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // SSL_set_tlsext_host_name without its C cast.
  const long named = SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                              const_cast<char*>(host.c_str()));
  return named == 1 && SSL_set1_host(ssl, host.c_str()) == 1;
}

// Returns 0 for success, unlike everything else in OpenSSL.
bool offer(SSL* ssl, ApplicationProtocol protocol) {
  const std::span<const unsigned char> alpn = alpn_of(protocol);
  return SSL_set_alpn_protos(ssl, alpn.data(), static_cast<unsigned int>(alpn.size())) == 0;
}

std::unique_ptr<net::Transport> OpensslClientContext::connect(base::Descriptor connecting,
                                                              const std::string& host,
                                                              ApplicationProtocol protocol) const {
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl == nullptr || host.empty() || !expect_host(ssl.get(), host) ||
      !offer(ssl.get(), protocol)) {
    ERR_clear_error();
    return nullptr;
  }
  SSL_set_connect_state(ssl.get());
  return TlsTransport::create(std::move(ssl), std::move(connecting), true, buffers_,
                              shared_from_this());
}

absl::Status trust(SSL_CTX* context, const std::string& ca_file) {
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) == 1) return absl::OkStatus();
    return base::error(absl::StatusCode::kInternal, "the system's CA bundle: {}",
                       take_openssl_error());
  }
  if (SSL_CTX_load_verify_file(context, ca_file.c_str()) == 1) return absl::OkStatus();
  return base::error(absl::StatusCode::kInvalidArgument, "{}: no usable CA certificates: {}",
                     ca_file, take_openssl_error());
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ClientContext>> ClientContext::create(
    const ClientOptions& options, net::BufferPool& buffers) {
  MEX_ASSIGN_OR_RETURN(SslContextPtr context, make_context(TLS_client_method()));
  if (options.verify) MEX_RETURN_IF_ERROR(trust(context.get(), options.ca_file));
  SSL_CTX_set_verify(context.get(), options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return std::make_shared<OpensslClientContext>(std::move(context), buffers);
}

}  // namespace mex::tls
