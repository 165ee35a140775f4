#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "certificates/certificate_view.h"

namespace mex::certificates {

// Shows in /metrics when each certificate ends (seconds since 1970; 0: it is gone) and how many
// have a problem. One thread.
class ExpiryGauge {
 public:
  ExpiryGauge() = default;
  ExpiryGauge(const ExpiryGauge&) = delete;
  ExpiryGauge& operator=(const ExpiryGauge&) = delete;
  ~ExpiryGauge() { show({}); }

  void show(const std::vector<CertificateView>& certificates);

 private:
  void set(const std::string& name, std::int64_t value);

  std::map<std::string, std::int64_t> shown_;
  std::int64_t problems_ = 0;
};

}  // namespace mex::certificates
