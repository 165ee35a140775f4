#include "nginx/reconcile/health_record.h"

namespace mex::nginx {

bool HealthRecord::note(const std::string& problem, const HealthCheck& check, base::WallTime now) {
  problem_ = problem;
  const bool went_well = problem.empty();
  const bool is_first = !is_known_;
  is_known_ = true;
  if (is_first) since_ = now;
  if (went_well == is_up_) {
    contrary_ = 0;
    return false;
  }
  ++contrary_;
  if (!is_first && contrary_ < (is_up_ ? check.fall : check.rise)) return false;
  is_up_ = went_well;
  contrary_ = 0;
  since_ = now;
  return true;
}

}  // namespace mex::nginx
