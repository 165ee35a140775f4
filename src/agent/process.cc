#include "agent/process.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>

#include "base/log.h"

namespace mex::agent {
namespace {

constexpr int kExitOnSecondSignal = 2;

}  // namespace

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    log::warning("cannot raise the limit of open files", {{"limit", limit.rlim_max}});
  }
}

std::size_t usable_cores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&cores)));
}

bool may_change_routes() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return false;
  return (sets[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN)) != 0;
}

ProcessSignals::ProcessSignals() {
  sigemptyset(&ending_);
  sigaddset(&ending_, SIGTERM);
  sigaddset(&ending_, SIGINT);
  all_ = ending_;
  sigaddset(&all_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &all_, nullptr);
  signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error of one write, not of the process
}

int ProcessSignals::wait() const {
  int number = 0;
  while (sigwait(&all_, &number) != 0) {
  }
  return number;
}

SecondSignalWatch::SecondSignalWatch(const ProcessSignals& signals)
    : thread_([&signals](const std::stop_token& stop) {
        const timespec pause{.tv_sec = 0, .tv_nsec = 50'000'000};
        while (!stop.stop_requested()) {
          if (sigtimedwait(&signals.ending_, nullptr, &pause) > 0) {
            log::warning("second signal: ending at once");
            _exit(kExitOnSecondSignal);
          }
        }
      }) {}

}  // namespace mex::agent
