#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "certificates/lego_command.h"

namespace mex::proxy {
class Control;
}

namespace mex::certificates {

// Lets a certificate authority in to the proof that lego gives, while an order goes on. One thread.
class ChallengeSolver {
 public:
  virtual ~ChallengeSolver() = default;
  // For these names; what lego is to use.
  virtual absl::StatusOr<ChallengeOptions> open(const std::vector<std::string>& names) = 0;
  // Also if open() failed.
  virtual void close() = 0;
};

// http-01: PlainHttp shows what lies in the webroot.
class WebrootDoor final : public ChallengeSolver {
 public:
  explicit WebrootDoor(std::string webroot) : webroot_(std::move(webroot)) {}
  absl::StatusOr<ChallengeOptions> open(const std::vector<std::string>& names) override;
  void close() override;

 private:
  const std::string webroot_;
};

// dns-01 by one of lego's own providers, which needs nobody.
class LegoDnsDoor final : public ChallengeSolver {
 public:
  absl::StatusOr<ChallengeOptions> open(const std::vector<std::string>& names) override;
  void close() override {}
};

// tls-alpn-01: the proxy passes the authority's greeting through to a port of lego's on loopback.
class TlsDoor final : public ChallengeSolver {
 public:
  // `control` outlives it.
  explicit TlsDoor(proxy::Control& control) : control_(control) {}
  absl::StatusOr<ChallengeOptions> open(const std::vector<std::string>& names) override;
  void close() override;

 private:
  proxy::Control& control_;
};

}  // namespace mex::certificates
