#pragma once

#include <signal.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>

#include "base/descriptor.h"

namespace mex::agent {

// A variable of this process's environment; empty if it is not set.
std::string environment_variable(const char* name);

// As many descriptors as the kernel allows this process; every connection takes one or two.
void raise_descriptor_limit();

// Descriptors this process may have.
std::size_t descriptor_limit();

// CPUs this process may use.
std::size_t usable_cores();

// Closes this process to others, also to those of the same user, and leaves it the capabilities
// that an agent needs. Called by main before there are other threads.
void harden_process();

// Lets the next exec() keep what harden_process() left. Between fork() and exec().
bool pass_on_capabilities();

// Whether this process has CAP_NET_ADMIN, which changes of the host's routes take.
bool may_change_routes();

// SIGTERM and SIGINT, which end the process, SIGHUP, which lets it read its files again, and
// SIGUSR2, which starts its successor; taken out of the usual delivery so that no handler runs in
// the middle of anything. Made by main before there are other threads: those inherit the mask.
// SIGPIPE is ignored.
class ProcessSignals {
 public:
  ProcessSignals();
  ProcessSignals(const ProcessSignals&) = delete;
  ProcessSignals& operator=(const ProcessSignals&) = delete;

  // What comes first: a signal (its number), something to read at `descriptor` (kReadable), or the
  // end of the time (kTimeout).
  static constexpr int kReadable = 0;
  static constexpr int kTimeout = -1;
  int wait(int descriptor) const { return wait(descriptor, std::chrono::milliseconds(-1)); }
  int wait(int descriptor, std::chrono::milliseconds limit) const;

  static bool is_end(int signal) { return signal == SIGTERM || signal == SIGINT; }

 private:
  friend class SecondSignalWatch;
  sigset_t ending_;
  base::Descriptor arrived_;
};

// While it exists, a further signal that ends the process ends it at once.
class SecondSignalWatch {
 public:
  explicit SecondSignalWatch(const ProcessSignals& signals);

 private:
  std::jthread thread_;
};

}  // namespace mex::agent
