#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace mex::cluster {

// The consoles of the machines that an operation waits for, by slot, and when each was read. Not
// thread-safe.
class Consoles {
 public:
  static constexpr std::size_t kMaxAtOnce = 3;

  // A machine whose console may help.
  struct Candidate {
    std::string slot;
    std::chrono::milliseconds waited{0};  // for it, until now
  };

  // Those to be read now: awaited for at least `pause` and not read within it, those first that
  // were not read for the longest time, at most kMaxAtOnce. They count as read.
  std::vector<std::string> due(const std::vector<Candidate>& candidates,
                               std::chrono::milliseconds pause, base::SteadyTime now);

  void set(const std::string& slot, std::string text);
  // Empty if it was not read.
  std::string text(std::string_view slot) const;
  void clear() { consoles_.clear(); }

 private:
  struct Console {
    std::string text;
    std::optional<base::SteadyTime> read;
  };

  std::map<std::string, Console, std::less<>> consoles_;
};

}  // namespace mex::cluster
