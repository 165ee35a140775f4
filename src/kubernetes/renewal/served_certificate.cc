#include "kubernetes/renewal/served_certificate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

#include "base/descriptor.h"
#include "base/status.h"
#include "kubernetes/certificate_maker.h"
#include "kubernetes/pki.h"

namespace mex::kubernetes {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, base::Freed<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL, base::Freed<SSL_free>>;

absl::Status unavailable(const std::string& address, std::string_view why) {
  return base::error(absl::StatusCode::kUnavailable, "certificate of {}: {}", address, why);
}

// Waits until the socket is ready for `events`.
absl::Status wait_for(int socket, short events, const base::CallLimits& limits) {
  // How soon a request to stop is noticed.
  constexpr std::chrono::milliseconds kSlice{100};
  for (;;) {
    if (limits.stop.stop_requested()) return absl::CancelledError("stopped");
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        limits.deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return absl::DeadlineExceededError("no TLS handshake in time");
    pollfd entry{.fd = socket, .events = events, .revents = 0};
    const int found = ::poll(&entry, 1, static_cast<int>(std::min(left, kSlice).count()));
    if (found > 0) return absl::OkStatus();
    if (found < 0 && errno != EINTR) return absl::UnavailableError(std::strerror(errno));
  }
}

absl::StatusOr<base::Descriptor> connect_to(const std::string& address, std::uint16_t port,
                                            const base::CallLimits& limits) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &peer.sin_addr) != 1) {
    return unavailable(address, "is no IPv4 address");
  }
  base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return unavailable(address, std::strerror(errno));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0) {
    return socket;
  }
  if (errno != EINPROGRESS) return unavailable(address, std::strerror(errno));
  MEX_RETURN_IF_ERROR(wait_for(socket.get(), POLLOUT, limits));
  int fault = 0;
  socklen_t length = sizeof fault;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &fault, &length);
  if (fault != 0) return unavailable(address, std::strerror(fault));
  return socket;
}

absl::Status do_handshake(SSL* session, int socket, const std::string& address,
                          const base::CallLimits& limits) {
  for (;;) {
    const int done = SSL_connect(session);
    if (done == 1) return absl::OkStatus();
    switch (SSL_get_error(session, done)) {
      case SSL_ERROR_WANT_READ:
        MEX_RETURN_IF_ERROR(wait_for(socket, POLLIN, limits));
        break;
      case SSL_ERROR_WANT_WRITE:
        MEX_RETURN_IF_ERROR(wait_for(socket, POLLOUT, limits));
        break;
      default:
        // With a client certificate demanded the handshake may fail at its end; the server has
        // shown its own by then.
        ERR_clear_error();
        if (SSL_get0_peer_certificate(session) != nullptr) return absl::OkStatus();
        return unavailable(address, "no TLS handshake");
    }
  }
}

}  // namespace

absl::StatusOr<CertificateLife> served_certificate(const std::string& address, std::uint16_t port,
                                                   std::string_view ca_certificate_pem,
                                                   const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const base::X509Ptr authority, parse_certificate(ca_certificate_pem));
  MEX_ASSIGN_OR_RETURN(const base::Descriptor socket, connect_to(address, port, limits));
  const ContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return openssl_error("making a TLS context");
  // Who it is, is checked below: OpenSSL would end the handshake where the certificate has ended.
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  const SessionPtr session(SSL_new(context.get()));
  if (session == nullptr || SSL_set_fd(session.get(), socket.get()) != 1) {
    return openssl_error("making a TLS session");
  }
  MEX_RETURN_IF_ERROR(do_handshake(session.get(), socket.get(), address, limits));
  X509* const shown = SSL_get0_peer_certificate(session.get());
  if (shown == nullptr) return unavailable(address, "the server shows no certificate");
  if (X509_verify(shown, X509_get0_pubkey(authority.get())) != 1) {
    ERR_clear_error();
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the certificate of {} is not signed by the cluster's authority", address);
  }
  const auto begin = base::wall_time(X509_get0_notBefore(shown));
  const auto end = base::wall_time(X509_get0_notAfter(shown));
  if (!begin || !end) return openssl_error("reading the times of a certificate");
  return CertificateLife{.name = "apiserver", .begin = *begin, .end = *end};
}

}  // namespace mex::kubernetes
