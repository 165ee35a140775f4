#include "cluster/health/absence.h"

namespace mex::cluster {

void Absence::note(const ExpectedServer& server, Answer answer, bool has_witness,
                   base::SteadyTime now) {
  if (answer == Answer::Found) {
    first_not_found_.erase(server.id);
    gone_.erase(server.id);
    return;
  }
  if (server.is_being_removed) {
    gone_.insert(server.id);
    return;
  }
  if (!has_witness) return;
  const auto first = first_not_found_.emplace(server.id, now).first;
  if (now - first->second >= pause_) gone_.insert(server.id);
}

void Absence::retain_only(const std::set<std::string>& ids) {
  std::erase_if(first_not_found_, [&](const auto& entry) { return ids.count(entry.first) == 0; });
  std::erase_if(gone_, [&](const std::string& id) { return ids.count(id) == 0; });
}

}  // namespace mex::cluster
