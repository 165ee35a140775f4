#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "certificates/certificate_view.h"

namespace mex::certificates {

// Shows in /metrics when each certificate ends, and until when the answer of OCSP is good that is
// shown with it (seconds since 1970; 0: it is gone), and how many have a problem. One thread.
class ExpiryGauge {
 public:
  ExpiryGauge() = default;
  ExpiryGauge(const ExpiryGauge&) = delete;
  ExpiryGauge& operator=(const ExpiryGauge&) = delete;
  ~ExpiryGauge() { show({}); }

  void show(const std::vector<CertificateView>& certificates);

 private:
  using Values = std::map<std::string, std::int64_t>;
  static void show(const char* metric, const char* help, Values& shown, const Values& values);

  Values ends_;
  Values answers_;
  std::int64_t problems_ = 0;
};

}  // namespace mex::certificates
