#include "certificates/challenge_solver.h"

#include <sys/socket.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/status.h"
#include "certificates/plain_http.h"
#include "net/address.h"

namespace mex::certificates {
namespace {

// One without a listener now. lego cannot be asked which one it would get.
absl::StatusOr<net::Address> free_loopback_address() {
  const base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const net::Address any = net::Address::loopback(0);
  if (::bind(socket.get(), any.data(), any.size()) != 0) {
    return base::errno_status(errno, "a port on loopback for lego");
  }
  return net::Address::local_of(socket.get());
}

}  // namespace

absl::StatusOr<ChallengeOptions> WebrootSolver::open(const std::vector<std::string>&) {
  MEX_RETURN_IF_ERROR(base::make_directories(webroot_ + std::string(kChallengePath), 0700));
  ChallengeOptions challenge;
  challenge.webroot = webroot_;
  return challenge;
}

// Answers of a lego that was killed are useless.
void WebrootSolver::close() {
  std::error_code problem;
  std::filesystem::remove_all(webroot_, problem);
}

absl::StatusOr<ChallengeOptions> LegoDnsSolver::open(const std::vector<std::string>&) {
  return ChallengeOptions();
}

absl::StatusOr<ChallengeOptions> TlsAlpnSolver::open(const std::vector<std::string>& names) {
  MEX_ASSIGN_OR_RETURN(const net::Address address, free_loopback_address());
  std::map<std::string, net::Address> servers;
  for (const std::string& name : names) servers.emplace(name, address);
  passthrough_(servers);
  ChallengeOptions challenge;
  challenge.tls_address = address.text();
  return challenge;
}

void TlsAlpnSolver::close() { passthrough_({}); }

}  // namespace mex::certificates
