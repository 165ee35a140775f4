#include "certificates/expiry_gauge.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "metrics/metrics.h"

namespace mex::certificates {

// What was shown and is not there any more is 0.
void ExpiryGauge::show(const char* metric, const char* help, Values& shown, const Values& values) {
  for (const auto& [name, value] : values) shown.try_emplace(name, 0);
  for (auto& [name, value] : shown) {
    const auto found = values.find(name);
    const std::int64_t next = found == values.end() ? 0 : found->second;
    metrics::gauge(metric, help, {{"certificate", name}}).add(next - std::exchange(value, next));
  }
}

void ExpiryGauge::show(const std::vector<CertificateView>& certificates) {
  const auto seconds = [](base::WallTime time) {
    return std::int64_t{std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()};
  };
  Values ends;
  Values answers;
  std::int64_t problems = 0;
  for (const CertificateView& each : certificates) {
    ends[each.name] = seconds(each.not_after);
    if (each.ocsp) {
      answers[each.name] = each.ocsp->answer ? seconds(each.ocsp->answer->next_update) : 0;
    }
    if (!each.problem.empty()) ++problems;
  }
  show("mex_certificate_not_after_seconds", "When the certificate ends, as seconds since 1970.",
       ends_, ends);
  show("mex_certificate_ocsp_next_update_seconds",
       "Until when the answer of OCSP is good that is shown with the certificate, as seconds since "
       "1970; 0: there is none.",
       answers_, answers);
  metrics::gauge("mex_certificates_with_problems", "Certificates that need attention.")
      .add(problems - std::exchange(problems_, problems));
}

}  // namespace mex::certificates
