#include "agent/process.h"

#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/capabilities.h"
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

std::size_t descriptor_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

std::size_t usable_cores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&cores)));
}

void harden_process() {
  // Memory, environment and descriptors are this process's alone: no core dump, no ptrace(2), no
  // /proc/PID/mem.
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  if (setrlimit(RLIMIT_CORE, &no_core) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    log::warning("the process could not be closed to others", {{"reason", std::strerror(errno)}});
  }
  // Ports below 1024 and routes of the host; as root also files of any owner, and children of other
  // users. Nothing of it is passed on by itself.
  using base::capability;
  constexpr base::Capabilities kKept =
      capability(CAP_NET_BIND_SERVICE) | capability(CAP_NET_ADMIN) | capability(CAP_CHOWN) |
      capability(CAP_DAC_OVERRIDE) | capability(CAP_DAC_READ_SEARCH) | capability(CAP_FOWNER) |
      capability(CAP_KILL) | capability(CAP_SETUID) | capability(CAP_SETGID) |
      capability(CAP_SETPCAP);
  base::bound_capabilities(kKept);
  if (!base::keep_capabilities(kKept, 0)) {
    log::warning("capabilities could not be given up", {{"reason", std::strerror(errno)}});
  }
}

bool pass_on_capabilities() {
  const base::Capabilities all = base::permitted_capabilities();
  return base::keep_capabilities(all, all);
}

bool may_change_routes() {
  return (base::permitted_capabilities() & base::capability(CAP_NET_ADMIN)) != 0;
}

ProcessSignals::ProcessSignals() {
  sigemptyset(&ending_);
  sigaddset(&ending_, SIGTERM);
  sigaddset(&ending_, SIGINT);
  sigset_t all = ending_;
  sigaddset(&all, SIGHUP);
  sigaddset(&all, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  arrived_.reset(signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
  signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error of one write, not of the process
}

int ProcessSignals::wait(int descriptor, std::chrono::milliseconds limit) const {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + limit;
  for (;;) {
    int left = -1;  // without a limit
    if (limit.count() >= 0) {
      left = static_cast<int>(std::max<std::chrono::milliseconds::rep>(
          0, std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count()));
    }
    std::array<pollfd, 2> polled{pollfd{.fd = arrived_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = descriptor, .events = POLLIN, .revents = 0}};
    const int ready = poll(polled.data(), polled.size(), left);
    signalfd_siginfo signal{};
    if (read(arrived_.get(), &signal, sizeof signal) == sizeof signal) {
      return static_cast<int>(signal.ssi_signo);
    }
    if (ready > 0 && polled[1].revents != 0) return kReadable;
    if (ready == 0) return kTimeout;
  }
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
