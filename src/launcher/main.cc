#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/capabilities.h"
#include "base/descriptor.h"
#include "base/status.h"
#include "launcher/launcher.h"

namespace {

// systemd's first socket (sd_listen_fds(3)).
constexpr int kFirstSocket = 3;

int fail(const char* reason) {
  fprintf(stderr, "mexosagent-launcher: %s\n", reason);
  return EXIT_FAILURE;
}

}  // namespace

// mexosagent-launcher USER: listens at the socket that it inherits, for calls of that user.
int main(int argc, char** argv) {
  if (argc != 2) return fail("usage: mexosagent-launcher USER, with a socket as descriptor 3");
  const passwd* const caller = getpwnam(argv[1]);
  if (caller == nullptr) return fail("there is no such user");
  if (geteuid() == 0 || caller->pw_uid == geteuid()) {
    return fail("it has to run as another user than root and the one that it serves");
  }
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &no_core);
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  using mex::base::capability;
  constexpr mex::base::Capabilities kNeeded = capability(CAP_SETUID) | capability(CAP_SETGID) |
                                              capability(CAP_KILL) | capability(CAP_SETPCAP) |
                                              capability(CAP_NET_BIND_SERVICE);
  if ((mex::base::permitted_capabilities() & kNeeded) != kNeeded) {
    return fail(
        "it needs the capabilities of its unit: setuid, setgid, setpcap, kill, "
        "net_bind_service");
  }
  mex::base::bound_capabilities(kNeeded);
  if (!mex::base::keep_capabilities(kNeeded, 0)) return fail("its capabilities cannot be limited");
  signal(SIGPIPE, SIG_IGN);
  // The agent's variables are not its children's; those get what the agent says.
  clearenv();
  mex::launcher::Launcher launcher(mex::base::Descriptor(kFirstSocket), caller->pw_uid);
  const absl::Status ended = launcher.run();
  return fail(std::string(mex::base::message_of(ended)).c_str());
}
