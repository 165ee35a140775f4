#include "certificates/challenge_solver.h"

#include <sys/socket.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/status.h"
#include "certificates/plain_http.h"
#include "net/address.h"
#include "proxy/control.h"

namespace mex::certificates {
namespace {

// One that nobody listens on now. lego cannot be asked which one it would get.
absl::StatusOr<net::Address> free_loopback_address() {
  const base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const net::Address any = net::Address::loopback(0);
  if (::bind(socket.get(), any.data(), any.size()) != 0) {
    return base::errno_status(errno, "a port on loopback for lego");
  }
  return net::Address::local_of(socket.get());
}

}  // namespace

absl::StatusOr<ChallengeOptions> WebrootDoor::open(const std::vector<std::string>&) {
  MEX_RETURN_IF_ERROR(base::make_directories(webroot_ + std::string(kChallengePath), 0700));
  ChallengeOptions means;
  means.webroot = webroot_;
  return means;
}

// Answers of a lego that was killed are of no use to anybody.
void WebrootDoor::close() {
  std::error_code problem;
  std::filesystem::remove_all(webroot_, problem);
}

absl::StatusOr<ChallengeOptions> LegoDnsDoor::open(const std::vector<std::string>&) {
  return ChallengeOptions();
}

absl::StatusOr<ChallengeOptions> TlsDoor::open(const std::vector<std::string>& names) {
  MEX_ASSIGN_OR_RETURN(const net::Address address, free_loopback_address());
  proxy::PassthroughTable table;
  for (const std::string& name : names) table[name] = {address};
  control_.apply_challenges(std::make_shared<const proxy::PassthroughTable>(std::move(table)));
  ChallengeOptions means;
  means.tls_address = address.text();
  return means;
}

void TlsDoor::close() {
  control_.apply_challenges(std::make_shared<const proxy::PassthroughTable>());
}

}  // namespace mex::certificates
