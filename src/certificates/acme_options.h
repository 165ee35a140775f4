#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace mex::certificates {

// How the authority convinces itself that a name is ours.
enum class Challenge : std::uint8_t {
  Http01,     // RFC 8555 section 8.3: a file on port 80
  TlsAlpn01,  // RFC 8737: a TLS greeting on port 443
  Dns01,      // RFC 8555 section 8.4: a TXT record; the only one for wildcards
};

std::string_view to_string(Challenge challenge);

inline constexpr std::string_view kLetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";
inline constexpr std::string_view kLetsEncryptStaging =
    "https://acme-staging-v02.api.letsencrypt.org/directory";

// What is ordered, where and how.
struct AcmeOptions {
  std::string email;
  std::string server{kLetsEncrypt};  // URL of the authority's directory
  // What the certificate is for, in lower case; the first one is no wildcard.
  std::vector<std::string> names;
  Challenge challenge = Challenge::TlsAlpn01;
  // Which of lego's own providers sets the TXT records, as its environment says; empty: the agent.
  std::string lego_dns_provider;
  // Who is asked for names, "ADDRESS:PORT", instead of the system's resolvers; then no other server
  // is asked, so that it works in a closed network.
  std::vector<std::string> resolvers;
  std::string ca_file;  // PEM of who vouches for the authority's own TLS; empty: the system's
  // External account binding (RFC 8555 section 7.3.4), if the authority wants it; both or neither.
  std::string external_account;
  base::Secret external_account_key;
  std::string lego = "lego";  // the program
  std::string directory;      // of the certificates; lego's own files are in "acme" below it
  std::string workplace;      // where lego works as another user; empty: it is the agent's
};

// lego's own directory, and where it puts what it was given.
std::string lego_directory(const AcmeOptions& options);
std::string ordered_certificate_file(const AcmeOptions& options);
std::string ordered_key_file(const AcmeOptions& options);

}  // namespace mex::certificates
