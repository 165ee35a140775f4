#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace mex::cluster {

// How long the engine waits for what.
struct Timing {
  using Milliseconds = std::chrono::milliseconds;

  // One call to the cloud, retries of the session included.
  Milliseconds call{std::chrono::seconds(90)};
  // A server that Nova does not have, or has in ERROR, is believed to be so after this time.
  Milliseconds vanished{std::chrono::seconds(30)};
  // Reading the servers that one list lacks.
  Milliseconds unlisted_servers{std::chrono::seconds(15)};

  // After a call whose answer was lost: how often and how long its effect is looked for before the
  // call is repeated.
  Milliseconds lost_call_tick{500};
  Milliseconds lost_call{std::chrono::seconds(8)};
  // How long such a call can take effect late. The closing audit comes after that.
  Milliseconds late_answers{std::chrono::seconds(25)};

  // Sweeps for what belongs to clusters that were destroyed, see orphan_collector.h: the first one,
  // the pause between two (and after something was found), and for how long.
  Milliseconds orphans_first{std::chrono::seconds(30)};
  Milliseconds orphans_tick{std::chrono::minutes(10)};
  Milliseconds orphans_found{std::chrono::seconds(5)};
  Milliseconds orphans{std::chrono::hours(2)};

  // Audits of all clusters, see auditor.h: the first one, the pause between two, and before the
  // look that decides whether what one has found is so. All three set by set_audit_interval().
  Milliseconds audit_first{std::chrono::minutes(1)};
  Milliseconds audit_tick{std::chrono::minutes(10)};
  Milliseconds audit_again{std::chrono::seconds(30)};

  // Between two looks at a volume that is being made or deleted.
  Milliseconds volume_tick{std::chrono::seconds(1)};

  // Pauses after transient failures; each is twice the one before, up to the longest.
  Milliseconds first_retry{std::chrono::seconds(1)};
  Milliseconds longest_retry{std::chrono::seconds(60)};
  // A step that failed so long because a cluster's API server or the source of a manifest does not
  // answer ends the operation. An outage of the cloud is waited for, and a destroy never gives up.
  Milliseconds give_up{std::chrono::minutes(30)};
  // The same for a node whose pods may not be evicted.
  Milliseconds drain{std::chrono::minutes(10)};

  // One sweep of an API server and its nodes: how long it may take, the shortest and the longest
  // pause before the next one while an operation waits for them, the longest one while the API
  // server does not answer (see sweep_pace.h), and between two readings of an awaited machine's
  // console.
  Milliseconds kubernetes_call{std::chrono::seconds(10)};
  Milliseconds kubernetes_tick{500};
  Milliseconds longest_kubernetes_tick{std::chrono::seconds(5)};
  Milliseconds silent_tick{std::chrono::minutes(2)};
  Milliseconds console_tick{std::chrono::seconds(10)};

  // The list of servers: while an operation waits for one, and otherwise.
  Milliseconds shortest_tick{300};
  Milliseconds longest_tick{std::chrono::seconds(5)};
  Milliseconds idle_tick{std::chrono::seconds(30)};
};

// The first audit comes sooner than that after a start, and the deciding look sooner still.
void set_audit_interval(Timing& timing, std::chrono::milliseconds interval);

// The same, `pace` times as fast: what the engine waits for, believes and repeats. What a call or a
// drain may take stays as it is: that is the other side's time.
Timing at_pace(Timing timing, double pace);

// The pause after the n-th failed attempt (n from 1), spread by up to a fifth so that many steps
// blocked by one cause do not come back together. `seed` makes it repeatable.
std::chrono::milliseconds retry_pause(const Timing& timing, int attempts, std::size_t seed);

// For people: "90 seconds", "10 minutes". Never rounded.
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace mex::cluster
