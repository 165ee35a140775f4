#include "tls/session_info.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

namespace mex::tls {

std::string_view to_string(HandshakeFailure failure) {
  switch (failure) {
    case HandshakeFailure::Gone:
      return "gone";
    case HandshakeFailure::ClearText:
      return "clear_text";
    case HandshakeFailure::Version:
      return "version";
    case HandshakeFailure::Parameters:
      return "parameters";
    case HandshakeFailure::Name:
      return "name";
    case HandshakeFailure::ClientCertificate:
      return "client_certificate";
    case HandshakeFailure::ClientAlert:
      return "client_alert";
    case HandshakeFailure::Other:
      break;
  }
  return "other";
}

HandshakeFailure handshake_failure(const net::IoResult& result) {
  if (result.source != net::ErrorSource::Tls) return HandshakeFailure::Gone;
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(result.code));
  // OpenSSL's own numbers for alerts of the peer.
  if (reason >= SSL_AD_REASON_OFFSET) return HandshakeFailure::ClientAlert;
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
      return HandshakeFailure::ClearText;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_INAPPROPRIATE_FALLBACK:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNKNOWN_PROTOCOL:
      return HandshakeFailure::Version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      return HandshakeFailure::Parameters;
    // Ours for the greeting, the only one that refuses.
    case SSL_R_CALLBACK_FAILED:
      return HandshakeFailure::Name;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return HandshakeFailure::ClientCertificate;
    default:
      return HandshakeFailure::Other;
  }
}

}  // namespace mex::tls
