#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "certificates/acme_options.h"
#include "certificates/challenge_solver.h"
#include "certificates/lego_outcome.h"
#include "certificates/lego_workplace.h"
#include "events/recorder.h"
#include "tls/certificate.h"

namespace mex::certificates {

// A certificate as it came: PEM, with its issuers behind it.
struct OrderedPair {
  tls::Certificate certificate;
  std::string certificate_pem;
  base::Secret key_pem;
};

// What lego has left behind, if it is a pair for all the names whose time has come and is not over.
// It may be older than the last order.
absl::StatusOr<OrderedPair> read_ordered_pair(const AcmeOptions& options, base::WallTime now);

// Puts the pair where certificates are looked for: key.pem, then cert.pem.
absl::Status install(const OrderedPair& pair, const AcmeOptions& options);

// Whether the certificate was ordered here, but from another authority than is set now.
bool is_of_another_authority(const tls::Certificate& certificate, const AcmeOptions& options,
                             base::WallTime now);

// Whether the certificate is for all of the names.
bool is_for(const tls::Certificate& certificate, const std::vector<std::string>& names);

// Orders a certificate, whatever there is: runs lego, and lets the authority in meanwhile. Blocks
// for seconds or minutes. One thread.
class AcmeOrder {
 public:
  // Orders that take longer are given up: names in DNS may need minutes to be seen by all.
  static constexpr std::chrono::minutes kUsualDeadline{15};

  // All that is referred to outlives it. `environment` is the process's own.
  AcmeOrder(const AcmeOptions& options, ChallengeSolver& solver, const base::Clock& clock,
            std::vector<std::string> environment, events::Recorder events,
            std::chrono::milliseconds deadline)
      : options_(options),
        solver_(solver),
        clock_(clock),
        environment_(std::move(environment)),
        events_(events),
        deadline_(deadline),
        workplace_(options) {}

  struct Stopped {};
  using Outcome = std::variant<OrderedPair, LegoFailure, Stopped>;
  Outcome run(const std::stop_token& stop);

 private:
  absl::Status prepare_account() const;
  absl::Status bind_account(const std::stop_token& stop) const;
  absl::Status check_lego(const base::ChildCommand& order, const std::stop_token& stop);
  Outcome run_lego(const ChallengeOptions& challenge, const std::stop_token& stop);

  const AcmeOptions& options_;
  ChallengeSolver& solver_;
  const base::Clock& clock_;
  const std::vector<std::string> environment_;
  const events::Recorder events_;
  const std::chrono::milliseconds deadline_;
  const LegoWorkplace workplace_;
};

}  // namespace mex::certificates
