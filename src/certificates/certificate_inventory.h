#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "certificates/certificate_view.h"

namespace mex::certificates {

// What the API may ask of the certificates. Thread-safe.
class CertificateInventory {
 public:
  virtual ~CertificateInventory() = default;

  // The default one first, then by name.
  virtual std::vector<CertificateView> list() const = 0;

  // Orders the next one now and returns at once. NotFound; FailedPrecondition if the agent does not
  // order it; ResourceExhausted if so many were ordered lately that the authority would refuse.
  virtual absl::Status renew(const std::string& name) = 0;
};

// Who orders the default certificate. Thread-safe.
class CertificateIssuer {
 public:
  virtual RenewalView renewal() const = 0;
  virtual bool has_ordered(const std::string& fingerprint) const = 0;
  // As CertificateInventory::renew.
  virtual absl::Status order_now() = 0;

 protected:
  ~CertificateIssuer() = default;
};

}  // namespace mex::certificates
