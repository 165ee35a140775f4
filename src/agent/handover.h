#pragma once

#include <cstdint>

#include "agent/agent.h"
#include "agent/process.h"
#include "agent/takeover.h"

namespace mex::agent {

enum class HandoverEnd : std::uint8_t {
  Done,           // the successor serves
  DoneAndEnding,  // it does, and a signal says that this process is to end soon
  TakenBack,      // it does not; all is as before
  Ending,         // neither, and a signal says that this process is to end
};

// What the predecessor does until its successor serves. Meanwhile the API's connections wait in
// their sockets, and the proxy goes on with the routes that it has. A successor that does not come
// to serve is killed, and everything taken back.
HandoverEnd hand_over(Agent& agent, Successor successor, const ProcessSignals& signals);

// After Done: the proxy's connections come to their end, by themselves or at the deadline. A signal
// that ends the process leaves them no longer than `end_deadline`.
void drain_predecessor(Agent& agent, const ProcessSignals& signals,
                       std::chrono::milliseconds deadline, std::chrono::milliseconds end_deadline);

}  // namespace mex::agent
