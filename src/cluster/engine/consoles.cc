#include "cluster/engine/consoles.h"

#include <algorithm>
#include <utility>

namespace mex::cluster {

std::vector<std::string> Consoles::due(const std::vector<Candidate>& candidates,
                                       std::chrono::milliseconds pause, base::SteadyTime now) {
  std::vector<std::string> slots;
  for (const Candidate& candidate : candidates) {
    const auto& read = consoles_[candidate.slot].read;
    const bool is_due = !read || now - *read >= pause;
    if (is_due && candidate.waited >= pause) slots.push_back(candidate.slot);
  }
  std::sort(slots.begin(), slots.end(), [this](const std::string& a, const std::string& b) {
    return consoles_[a].read < consoles_[b].read;
  });
  if (slots.size() > kMaxAtOnce) slots.resize(kMaxAtOnce);
  for (const std::string& slot : slots) consoles_[slot].read = now;
  return slots;
}

void Consoles::set(const std::string& slot, std::string text) {
  consoles_[slot].text = std::move(text);
}

std::string Consoles::text(std::string_view slot) const {
  const auto found = consoles_.find(slot);
  return found == consoles_.end() ? std::string() : found->second.text;
}

}  // namespace mex::cluster
