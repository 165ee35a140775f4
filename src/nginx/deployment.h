#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/secret.h"
#include "nginx/configuration.h"
#include "nginx/instance.h"
#include "nginx/runtime.h"

namespace mex::nginx {

// The certificate that instances show, PEM.
struct CertificatePair {
  std::string certificate;
  base::Secret key;
};

// A deployment, and what its status server will answer to GET /generation: a hash of all its
// content, so two that are alike have the same.
struct RenderedDeployment {
  Deployment deployment;
  std::string generation;
};

bool needs_certificate(const Instance& instance);

// `instance` has passed check(); `certificate` is there if it is needed. Pure.
RenderedDeployment generate(const Instance& instance, const RenderContext& surroundings,
                            const std::optional<CertificatePair>& certificate);

}  // namespace mex::nginx
