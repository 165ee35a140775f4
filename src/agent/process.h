#pragma once

#include <signal.h>

#include <cstddef>
#include <string>
#include <thread>

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

// Whether this process has CAP_NET_ADMIN, which changes of the host's routes take.
bool may_change_routes();

// SIGTERM and SIGINT, which end the process, and SIGHUP, which lets it read its files again; taken
// out of the usual delivery so that no handler runs in the middle of anything. Made by main before
// there are other threads: those inherit the mask. SIGPIPE is ignored.
class ProcessSignals {
 public:
  ProcessSignals();
  ProcessSignals(const ProcessSignals&) = delete;
  ProcessSignals& operator=(const ProcessSignals&) = delete;

  // Returns the next signal.
  int wait() const;

 private:
  friend class SecondSignalWatch;
  sigset_t ending_;
  sigset_t all_;
};

// While it exists, a further signal that ends the process ends it at once.
class SecondSignalWatch {
 public:
  explicit SecondSignalWatch(const ProcessSignals& signals);

 private:
  std::jthread thread_;
};

}  // namespace mex::agent
