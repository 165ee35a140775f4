#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include "base/clock.h"
#include "cluster/health/server_sweep.h"

namespace mex::cluster {

// Which servers are gone. That a list lacks a server proves nothing. It is gone when a GET of its
// id says 404 and, after a pause, says so again, both times while another server that this agent
// knows answers: otherwise it is the cloud, the region or the project that is not what it was.
// Where the agent itself has asked for the removal, the first 404 is enough.
//
// A server that answered in between starts anew; one that could not be asked does not. Not
// thread-safe.
class Absence {
 public:
  enum class Answer { Found, NotFound };

  explicit Absence(std::chrono::milliseconds pause) : pause_(pause) {}

  // What a GET of the id said. `has_witness`: another server of this agent answered just now.
  void note(const ExpectedServer& server, Answer answer, bool has_witness, base::SteadyTime now);
  // Servers that are not expected any more are forgotten.
  void retain_only(const std::set<std::string>& ids);

  const std::set<std::string>& gone() const { return gone_; }

 private:
  const std::chrono::milliseconds pause_;
  std::map<std::string, base::SteadyTime> first_not_found_;
  std::set<std::string> gone_;
};

}  // namespace mex::cluster
