#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/child_process.h"
#include "certificates/acme_options.h"

namespace mex::certificates {

// How lego proves what the authority asks for: one of them, by the challenge.
struct ChallengeOptions {
  std::string webroot;      // http-01: where to write the file
  std::string tls_address;  // tls-alpn-01: where to listen, "127.0.0.1:PORT"
  // dns-01 by the agent: where to ask for TXT records, and what to show there.
  std::string dns_endpoint;
  base::Secret dns_password;
};
inline constexpr const char* kDnsUser = "lego";

// The command that orders a certificate. `environment` is the agent's own, "NAME=VALUE": of it lego
// gets what programs need to run and to reach the Internet, and if one of lego's own providers is
// to find its options there, all but what is the agent's: the cloud's password, its own settings
// and the token of the agent's zone. Pure.
//
// Secrets are in the environment and not among the arguments, which every user of the machine can
// see. An account that is to be bound to an external one has to be there already (acme_account.h):
// lego takes the external key as an argument only.
base::ChildCommand lego_order(const AcmeOptions& options, const ChallengeOptions& challenge,
                              const std::vector<std::string>& environment);

// Whether `help`, what `lego --help` says, knows everything that lego_order() asks for.
// FailedPrecondition names what it lacks. (Debian's lego does not tell its version.)
absl::Status check_lego_knows(const std::string& help, const base::ChildCommand& order);

}  // namespace mex::certificates
