#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/secret.h"
#include "tls/client_verification.h"

namespace mex::tls {

// A certificate chain with its private key, checked to be a pair. Immutable, cheap to copy (shares
// its content), any thread.
class Certificate {
 public:
  // Errors name the file and the fault: missing, not PEM, encrypted key, key of another
  // certificate.
  static absl::StatusOr<Certificate> load(const std::string& certificate_file,
                                          const std::string& key_file);
  // The same from PEM text. The first certificate is the server's own, others are its issuers.
  static absl::StatusOr<Certificate> parse(std::string_view certificate_pem,
                                           const base::Secret& key_pem);

  // DNS names and addresses it is valid for (subjectAltName, or the common name without one),
  // lower case; "*.example.org" for wildcards.
  const std::vector<std::string>& names() const;
  const std::string& subject() const;  // "CN=edge.example.org"
  const std::string& issuer() const;   // the same of who signed it
  const std::string& serial() const;   // hexadecimal, as `openssl x509 -serial` prints it
  // SHA-256 of the certificate in DER, lower-case hexadecimal: two that have it are the same.
  const std::string& fingerprint() const;
  base::WallTime not_before() const;
  base::WallTime not_after() const;

  // What clients refuse it for, however right the pair is: no subjectAltName, no issuers behind it
  // although there are some, others than its issuers. For people.
  std::vector<std::string> defects() const;

  // Whether a client that asks for `name` (lower case) accepts this certificate's names.
  bool covers(std::string_view name) const;

  // The chain, the server's own first, and its key, as PEM: for libraries that take nothing else.
  std::string chain_pem() const;
  base::Secret key_pem() const;

  // The same certificate with the same issuers behind it.
  friend bool operator==(const Certificate& a, const Certificate& b);

  struct Content;  // OpenSSL's objects; known to the contexts only
  const Content& content() const { return *content_; }

 private:
  explicit Certificate(std::shared_ptr<const Content> content) : content_(std::move(content)) {}
  std::shared_ptr<const Content> content_;
};

// What a host asks of its clients.
struct HostVerification {
  std::string host;  // or "*.example.org": all names below it, as in hosts of routes
  ClientVerification verification;
};

// Answers of OCSP in DER, by the fingerprint of the certificate that they are about.
using Staples = std::map<std::string, std::shared_ptr<const std::string>>;

// Which certificate a client gets, by the name it asks for (SNI), and which it has to show. Value
// type.
struct CertificateTable {
  // No name asked for, or no certificate has it. Without one, such clients get the alert
  // unrecognized_name (RFC 6066 section 3).
  std::optional<Certificate> fallback;
  // Found by names(), exact before wildcard. Of several for one name those of the highest rank
  // count, and of these the last one, unless their keys are of different kinds (ECDSA and RSA):
  // then each kind has its last one, and what the client can verify decides.
  std::vector<Certificate> by_name{};
  std::vector<int> ranks{};  // of by_name, in the same order; 0 for those that it has no number for
  // Hosts that ask for certificates of clients, exact before wildcard, the longest of these first.
  // All others ask for none.
  std::vector<HostVerification> verifications{};
  // Shown beside the certificate to clients that ask for it (RFC 6066 section 8).
  Staples staples{};
};

}  // namespace mex::tls
