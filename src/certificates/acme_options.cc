#include "certificates/acme_options.h"

namespace mex::certificates {

std::string_view to_string(Challenge challenge) {
  switch (challenge) {
    case Challenge::Http01:
      return "http-01";
    case Challenge::TlsAlpn01:
      return "tls-alpn-01";
    case Challenge::Dns01:
      return "dns-01";
  }
  return "";
}

std::string lego_directory(const AcmeOptions& options) { return options.directory + "/acme"; }

// lego names its files by the first name.
std::string ordered_certificate_file(const AcmeOptions& options) {
  return lego_directory(options) + "/certificates/" + options.names.front() + ".crt";
}

std::string ordered_key_file(const AcmeOptions& options) {
  return lego_directory(options) + "/certificates/" + options.names.front() + ".key";
}

}  // namespace mex::certificates
