#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "certificates/lego_command.h"
#include "net/address.h"

namespace mex::certificates {

// Lets a certificate authority reach the proof that lego gives, while an order is under way. One
// thread.
class ChallengeSolver {
 public:
  virtual ~ChallengeSolver() = default;
  // For these names. Returns what lego has to use.
  virtual absl::StatusOr<ChallengeOptions> open(const std::vector<std::string>& names) = 0;
  // Also if open() failed.
  virtual void close() = 0;
};

// http-01: PlainHttp serves the webroot.
class WebrootSolver final : public ChallengeSolver {
 public:
  explicit WebrootSolver(std::string webroot) : webroot_(std::move(webroot)) {}
  absl::StatusOr<ChallengeOptions> open(const std::vector<std::string>& names) override;
  void close() override;

 private:
  const std::string webroot_;
};

// dns-01 by one of lego's own providers, which needs no help.
class LegoDnsSolver final : public ChallengeSolver {
 public:
  absl::StatusOr<ChallengeOptions> open(const std::vector<std::string>& names) override;
  void close() override {}
};

// tls-alpn-01: the proxy passes the authority's ClientHello through to a port of lego's on
// loopback.
class TlsAlpnSolver final : public ChallengeSolver {
 public:
  // Passes challenge connections for these names through to these addresses; an empty map ends it.
  using Passthrough = std::function<void(const std::map<std::string, net::Address>&)>;

  explicit TlsAlpnSolver(Passthrough passthrough) : passthrough_(std::move(passthrough)) {}
  absl::StatusOr<ChallengeOptions> open(const std::vector<std::string>& names) override;
  void close() override;

 private:
  const Passthrough passthrough_;
};

}  // namespace mex::certificates
