#pragma once

#include <string>

#include "base/clock.h"
#include "nginx/model/instance.h"

namespace mex::nginx {

// What is known of one origin. Pure.
class HealthRecord {
 public:
  // An attempt is over; empty `problem`: it went well. The first one decides at once, later ones
  // when there are enough of them in a row. True if the origin is up from now on, or down.
  bool note(const std::string& problem, const HealthCheck& check, base::WallTime now);

  bool is_known() const { return is_known_; }
  bool is_up() const { return is_up_; }
  base::WallTime since() const { return since_; }
  // Of the latest attempt; empty: none.
  const std::string& problem() const { return problem_; }

 private:
  bool is_known_ = false;
  bool is_up_ = true;
  unsigned contrary_ = 0;  // attempts in a row that say the opposite
  base::WallTime since_{};
  std::string problem_;
};

}  // namespace mex::nginx
