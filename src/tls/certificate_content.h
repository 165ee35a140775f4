#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "tls/certificate.h"
#include "tls/openssl_ptr.h"

namespace mex::tls {

struct Certificate::Content {
  X509Ptr own;
  std::vector<X509Ptr> issuers;
  PrivateKeyPtr key;
  std::vector<std::string> names;
  std::string subject;
  std::string issuer;
  std::string serial;
  std::string fingerprint;
  base::WallTime not_before;
  base::WallTime not_after;
};

}  // namespace mex::tls
