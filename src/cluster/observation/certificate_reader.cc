#include "cluster/observation/certificate_reader.h"

#include <chrono>
#include <utility>

#include "base/call_limits.h"
#include "base/clock.h"
#include "kubernetes/api_server_port.h"
#include "kubernetes/renewal/served_certificate.h"

namespace mex::cluster {
namespace {

// A handshake is two round trips; masters that are silent must not hold up the others for longer.
constexpr std::chrono::seconds kHandshakes{2};

CertificateReader::ByAddress read_all(const std::vector<std::string>& addresses,
                                      const std::string& authority_pem,
                                      const std::stop_token& stop) {
  CertificateReader::ByAddress served;
  const base::CallLimits limits{.deadline = base::system_clock().steady_now() + kHandshakes,
                                .stop = stop};
  for (const std::string& address : addresses) {
    auto life =
        kubernetes::served_certificate(address, kubernetes::kApiServerPort, authority_pem, limits);
    if (life.ok()) served.emplace(address, *std::move(life));
  }
  return served;
}

}  // namespace

void CertificateReader::read(std::vector<std::string> addresses, std::string authority_pem,
                             std::function<void(const ByAddress& served)> done) {
  if (addresses.empty()) return;
  reading_.begin(
      [addresses = std::move(addresses), authority_pem = std::move(authority_pem)](
          const std::stop_token& stop) { return read_all(addresses, authority_pem, stop); },
      std::move(done));
}

}  // namespace mex::cluster
