#include "certificates/expiry_gauge.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "metrics/metrics.h"

namespace mex::certificates {

void ExpiryGauge::set(const std::string& name, std::int64_t value) {
  const auto gauge =
      metrics::gauge("mex_certificate_not_after_seconds",
                     "When the certificate ends, as seconds since 1970.", {{"certificate", name}});
  gauge.add(value - std::exchange(shown_[name], value));
}

void ExpiryGauge::show(const std::vector<CertificateView>& certificates) {
  std::map<std::string, std::int64_t> values;
  for (const auto& [name, value] : shown_) values[name] = 0;
  std::int64_t problems = 0;
  for (const CertificateView& each : certificates) {
    const auto end = std::chrono::floor<std::chrono::seconds>(each.not_after);
    values[each.name] = end.time_since_epoch().count();
    if (!each.problem.empty()) ++problems;
  }
  for (const auto& [name, value] : values) set(name, value);
  metrics::gauge("mex_certificates_with_problems", "Certificates that need attention.")
      .add(problems - std::exchange(problems_, problems));
}

}  // namespace mex::certificates
