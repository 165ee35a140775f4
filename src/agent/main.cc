#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/agent.h"
#include "agent/backup_command.h"
#include "agent/command_line.h"
#include "agent/flag_effect.h"
#include "agent/handover.h"
#include "agent/health_probe.h"
#include "agent/options.h"
#include "agent/process.h"
#include "agent/successor_process.h"
#include "agent/takeover.h"
#include "agent/version.h"
#include "base/launcher_client.h"
#include "base/log.h"
#include "base/status.h"

namespace mex::agent {
namespace {

// Less than the ten seconds that `docker stop` waits before it kills.
constexpr std::chrono::seconds kDrainDeadline{8};
// For what waits to be written, where no one may be reading any more.
constexpr std::chrono::milliseconds kLastLines{200};

std::string joined(int argc, char** argv) {
  std::string text;
  for (int i = 1; i < argc; ++i) text += (i > 1 ? " " : "") + std::string(argv[i]);
  return text;
}

int fail(const absl::Status& reason) {
  log::error("mexosagent cannot start", {{"reason", reason}});
  return EXIT_FAILURE;
}

// For the health check of a container, where there is no curl.
int check_health(const net::Address& rest) {
  const absl::Status health = probe_health(rest);
  if (health.ok()) return EXIT_SUCCESS;
  std::fprintf(stderr, "mexosagent: %s\n", std::string(base::message_of(health)).c_str());
  return EXIT_FAILURE;
}

// Of a backup or a restore, which were asked for at a terminal or by a timer.
int end_with(const absl::StatusOr<std::string>& done) {
  if (done.ok()) {
    std::printf("mexosagent: %s\n", done->c_str());
    return EXIT_SUCCESS;
  }
  std::fprintf(stderr, "mexosagent: %s\n", std::string(base::message_of(done.status())).c_str());
  return EXIT_FAILURE;
}

// Without one everything works but that.
std::optional<TakeoverPort> open_port(const Options& options) {
  absl::StatusOr<TakeoverPort> port = TakeoverPort::open(options.state_dir);
  if (port.ok()) return *std::move(port);
  log::warning("no other agent can take over from this one", {{"reason", port.status()}});
  return std::nullopt;
}

// Starts the agent, in the place of one that runs if that is asked for.
absl::StatusOr<std::unique_ptr<Agent>> start(const Options& options,
                                             std::optional<TakeoverPort>& port) {
  std::optional<Predecessor> predecessor;
  if (options.take_over) {
    MEX_ASSIGN_OR_RETURN(predecessor, Predecessor::ask(options.state_dir));
  }
  MEX_ASSIGN_OR_RETURN(auto agent, Agent::start(options));
  port = open_port(options);
  if (predecessor) {
    MEX_RETURN_IF_ERROR(predecessor->say_that_this_serves());
    log::info("took over from the agent before");
  }
  return agent;
}

// Until a signal ends the process (Ending), or another one has taken its place.
HandoverEnd serve(Agent& agent, const Options& options, std::optional<TakeoverPort>& port,
                  const ProcessSignals& signals, const std::vector<std::string>& command) {
  for (;;) {
    const int event = signals.wait(port ? port->descriptor() : -1);
    if (event == ProcessSignals::kReadable) {
      auto successor = port->accept();
      if (!successor.ok()) {
        log::warning("no successor", {{"reason", successor.status()}});
        continue;
      }
      const HandoverEnd end = hand_over(agent, *std::move(successor), signals);
      if (end != HandoverEnd::TakenBack) return end;
      // The other one may have had its own there.
      port = open_port(options);
    } else if (event == SIGHUP) {
      agent.reload();
    } else if (event == SIGUSR2) {
      const absl::Status started = start_successor(command);
      if (!started.ok()) log::error("no successor", {{"reason", started}});
    } else {
      log::info("ending", {{"signal", event == SIGTERM ? "SIGTERM" : "SIGINT"}});
      return HandoverEnd::Ending;
    }
  }
}

int run(int argc, char** argv) {
  harden_process();
  const Flags flags = read_command_line(argc, argv);
  const ProcessSignals signals;
  const auto options = check_flags(flags, environment_variable("MEX_STATE_DIR"), usable_cores());
  if (!options.ok()) return fail(options.status());
  if (options->check_health) return check_health(options->rest);
  if (!options->backup.empty()) return end_with(back_up(*options));
  if (!options->restore.empty()) return end_with(restore(*options));
  log::configure(options->log_format, options->log_level);
  // No flag is a secret: passwords and tokens come by files and by the environment.
  log::info("mexosagent starts",
            {{"version", version()}, {"pid", getpid()}, {"arguments", joined(argc, argv)}});
  for (const std::string& line : flags_without_effect(flags)) log::warning(line);
  raise_descriptor_limit();
  if (!options->launcher.empty()) base::use_launcher(options->launcher);

  std::optional<TakeoverPort> port;
  auto agent = start(*options, port);
  if (!agent.ok()) return fail(agent.status());
  const std::vector<std::string> command(argv, argv + argc);
  const HandoverEnd end = serve(**agent, *options, port, signals, command);
  if (end != HandoverEnd::Ending) {
    port.reset();
    drain_predecessor(**agent, signals,
                      end == HandoverEnd::DoneAndEnding ? kDrainDeadline : options->takeover_drain,
                      kDrainDeadline);
  } else {
    if (port) port->remove();
    const SecondSignalWatch impatience(signals);
    (*agent)->drain(kDrainDeadline);
  }
  agent->reset();
  log::info("ended");
  log::flush(kLastLines);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace mex::agent

int main(int argc, char** argv) { return mex::agent::run(argc, argv); }
