#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tls/ocsp.h"

namespace mex::certificates {

// The name of the certificate for whom no other one is.
inline constexpr const char* kDefaultName = "default";

enum class Source : std::uint8_t {
  SelfSigned,  // by the agent, because there is nothing else
  Files,       // what others put into the directory of certificates
  Acme,        // what the agent ordered and put there
};

enum class RenewalState : std::uint8_t {
  Waiting,     // until next_attempt
  Ordering,    // lego is at work
  BackingOff,  // the last attempt failed
};

// How a certificate is ordered by ACME.
struct RenewalView {
  RenewalState state = RenewalState::Waiting;
  std::string server;     // the authority's directory
  std::string challenge;  // "http-01", "tls-alpn-01", "dns-01"
  std::vector<std::string> names;
  std::optional<base::WallTime> last_attempt;
  std::optional<base::WallTime> last_success;
  std::optional<base::WallTime> next_attempt;
  int failures = 0;     // since the last success
  std::string problem;  // of the last attempt
};

// What the certificate's authority says of it.
struct OcspView {
  std::string responder;
  std::optional<tls::OcspAnswer> answer;  // as it is shown to clients; nothing: none is
  std::string problem;                    // why there is none, or no newer one
};

enum class Trouble : std::uint8_t {
  None,
  Files,  // what lies in the files is not served, or is not good
  EndsSoon,
};

// One certificate as it is served now.
struct CertificateView {
  std::string name;  // kDefaultName, or that of its directory
  Source source = Source::Files;
  std::vector<std::string> names;  // DNS names and addresses it is for
  std::string subject;
  std::string issuer;
  std::string serial;
  std::string fingerprint;
  base::WallTime not_before{};
  base::WallTime not_after{};
  std::string certificate_file;  // where it is looked for
  std::string key_file;
  // What is wrong: why what lies in the files is not taken, or that it ends soon. Empty if nothing.
  std::string problem;
  Trouble trouble = Trouble::None;  // the kind of it
  // What some clients refuse it for although it is served as it is; empty if nothing.
  std::vector<std::string> notices;
  std::optional<OcspView> ocsp;        // nothing: no authority is asked about it
  std::optional<RenewalView> renewal;  // nothing: the agent does not order it
};

}  // namespace mex::certificates
