#pragma once

#include <string>

#include "absl/status/status.h"
#include "base/child_process.h"
#include "certificates/acme_options.h"
#include "certificates/lego_command.h"

namespace mex::certificates {

// Where lego works when it runs as another user than the agent: a directory with copies of what it
// needs for one order. What it leaves there is taken over into the agent's own (lego_directory()),
// where lego's user cannot be. Nothing that is found in it is trusted: no link is followed, and
// what it holds is read as what comes from outside. One thread.
class LegoWorkplace {
 public:
  // `options.workplace` empty, or no user for lego: lego works where the agent does.
  explicit LegoWorkplace(const AcmeOptions& options);

  // Empty and there, for the files of a challenge solver.
  absl::Status clear() const;
  // Puts the account and the authority's trust into it, and gives all of it to lego's user.
  absl::Status fill() const;
  // The command of an order as it runs there.
  base::ChildCommand order(const ChallengeOptions& challenge,
                           const std::vector<std::string>& environment) const;
  // Takes over account and certificates, also those of a lego whose agent was killed.
  absl::Status collect() const;
  void remove() const;

 private:
  absl::Status give_all() const;
  base::ChildCommand as_lego(std::vector<std::string> arguments) const;

  const AcmeOptions& options_;
  const bool is_used_;
};

}  // namespace mex::certificates
