#include "nginx/runtime/process/process_runtime.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/launcher_client.h"
#include "base/status.h"
#include "nginx/runtime/log_tail.h"
#include "nginx/runtime/process/detached_process.h"
#include "nginx/runtime/process/instance_account.h"
#include "nginx/runtime/process/instance_processes.h"
#include "nginx/runtime/process/nginx_program.h"

namespace mex::nginx {
namespace {

constexpr std::string_view kErrorLog = "error.log";
constexpr std::string_view kSessionLog = "sessions.log";
constexpr std::string_view kWorkerTitle = "nginx: worker process";
constexpr std::string_view kEndingTitle = "is shutting down";
// What logs may grow to while no agent runs; with one they stay much smaller.
constexpr std::uint64_t kMaxFile = std::uint64_t{64} << 20U;
constexpr std::chrono::seconds kTestTimeout{20};
// Linux's own ip_unprivileged_port_start.
constexpr std::uint16_t kFirstOpenPort = 1024;
constexpr std::chrono::seconds kEndTimeout{5};

std::vector<std::string> arguments_of(const std::string& program, std::string_view configuration) {
  return {program, "-e", std::string(kErrorLog), "-p", "./", "-c", std::string(configuration)};
}

// nginx inherits it, and cannot raise it without a right that containers do not have.
std::size_t max_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return 0;
  return limit.rlim_max;
}

// Files that belong to no configuration any more: previous certificates and the like.
void remove_other_files(const std::string& directory, const Deployment& deployment) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    const bool is_of_a_kind = name.ends_with(".pem") || name.starts_with("users-") ||
                              name.starts_with("dropped-headers-");
    const bool is_used = std::any_of(deployment.files.begin(), deployment.files.end(),
                                     [&](const File& file) { return file.name == name; });
    if (is_of_a_kind && !is_used) std::filesystem::remove(entry.path(), error);
  }
}

bool is_alive(pid_t pid) {
  siginfo_t info{};
  // A zombie has ended; reap() removes it.
  if (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
    return info.si_pid == 0;
  }
  return kill(pid, 0) == 0;
}

std::vector<base::ListedProcess> launched_or_none(const std::string& root) {
  if (base::launcher() == nullptr) return {};
  return launched_processes(root).value_or(std::vector<base::ListedProcess>());
}

bool contains(const std::vector<pid_t>& all, pid_t one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool all_gone(const std::string& root, const std::vector<pid_t>& pids) {
  const std::vector<base::ListedProcess> launched = launched_or_none(root);
  return std::none_of(pids.begin(), pids.end(), is_alive) &&
         std::none_of(launched.begin(), launched.end(), [&](const base::ListedProcess& each) {
           return contains(pids, each.process);
         });
}

void send_signal(pid_t pid, int number) {
  base::signal_child(base::ChildRole::Nginx, pid, number).IgnoreError();
}

bool still_accepts(std::string_view title) {
  return title.starts_with(kWorkerTitle) && title.find(kEndingTitle) == std::string_view::npos;
}

bool binds_low_ports(const Deployment& deployment) {
  return std::any_of(deployment.published.begin(), deployment.published.end(),
                     [](const PublishedPort& port) { return port.number < kFirstOpenPort; });
}

// An earlier version of the agent started nginx as the agent's own user: that one makes way.
bool is_present(const InstanceProcesses& processes) {
  return base::launcher() == nullptr || processes.is_launched;
}

// What a process may do it is given at its start only.
bool can_reload(const InstanceProcesses& processes, const std::string& directory,
                const base::ChildPrivileges& wanted) {
  if (base::launcher() == nullptr) return true;
  const auto account = read_account(directory);
  return processes.is_launched && account.ok() &&
         (account->binds_low_ports || !wanted.binds_low_ports);
}

const std::string& configuration_of(const Deployment& deployment) {
  return std::find_if(deployment.files.begin(), deployment.files.end(),
                      [](const File& file) { return file.name == kConfigurationFile; })
      ->content.reveal();
}

}  // namespace

ProcessRuntime::ProcessRuntime(std::string root, std::string program, RuntimeLayout layout)
    : root_(std::move(root)), program_(std::move(program)), layout_(std::move(layout)) {}

absl::StatusOr<std::unique_ptr<ProcessRuntime>> ProcessRuntime::create(const std::string& root) {
  MEX_ASSIGN_OR_RETURN(NginxProgram nginx, find_nginx());
  MEX_RETURN_IF_ERROR(base::make_directories(root, 0700));
  std::error_code error;
  const std::string canonical = std::filesystem::canonical(root, error).string();
  if (error) return base::errno_status(error.value(), root);
  RuntimeLayout layout{.preamble = std::move(nginx.preamble),
                       .error_log = std::string(kErrorLog),
                       .session_log = std::string(kSessionLog),
                       .max_descriptors = max_descriptors()};
  return std::unique_ptr<ProcessRuntime>(
      new ProcessRuntime(canonical, std::move(nginx.path), std::move(layout)));
}

StatusPage ProcessRuntime::status_page(const std::string& name, std::uint16_t) const {
  return StatusPage::in_directory(directory_of(name));
}

absl::StatusOr<ProcessRuntime::Processes> ProcessRuntime::running() const {
  // Also with a launcher: an earlier version of the agent started them itself.
  Processes found = processes_below(root_);
  if (base::launcher() == nullptr) return found;
  MEX_ASSIGN_OR_RETURN(Processes launched, launched_below(root_));
  for (auto& [name, processes] : launched) {
    const auto [place, is_first] = found.try_emplace(name, processes);
    if (is_first) continue;
    place->second.all.insert(place->second.all.end(), processes.all.begin(), processes.all.end());
  }
  return found;
}

// All but nginx.conf. Their names say what they hold, so those that exist already stay.
absl::Status ProcessRuntime::write_files(const Deployment& deployment) const {
  const std::string directory = directory_of(deployment.name);
  MEX_RETURN_IF_ERROR(base::make_directories(directory, 0711));
  MEX_RETURN_IF_ERROR(base::make_directories(directory + "/temporary", 0700));
  // The worker is another user. It opens logs anew and reads the users' file by names that are
  // relative to its working directory, so it may enter that one; no other user gets as far, for
  // the directory above is closed. (The mode given at the making is cut by the umask.)
  if (base::launcher() == nullptr && chmod(directory.c_str(), 0711) != 0) {
    return base::errno_status(errno, directory);
  }
  for (const File& file : deployment.files) {
    if (file.name == kConfigurationFile) continue;
    const bool is_for_workers = file.name.starts_with("users-");
    const std::string path = directory + "/" + file.name;
    if (std::filesystem::exists(path)) continue;
    MEX_RETURN_IF_ERROR(
        base::write_file_atomically(path, file.content.reveal(), is_for_workers ? 0644 : 0600));
  }
  return absl::OkStatus();
}

absl::Status ProcessRuntime::write_configuration(const Deployment& deployment,
                                                 const char* file) const {
  const std::string directory = directory_of(deployment.name);
  MEX_RETURN_IF_ERROR(
      base::write_file_atomically(directory + "/" + file, configuration_of(deployment), 0600));
  return base::launcher() == nullptr ? absl::OkStatus() : share_with_nginx(directory);
}

// With a launcher nginx binds ports below 1024 only if it has any; what it may do is known to the
// next agent, too.
absl::StatusOr<base::ChildPrivileges> ProcessRuntime::privileges_for(
    const Deployment& deployment) const {
  base::ChildPrivileges privileges{.role = base::ChildRole::Nginx, .binds_low_ports = true};
  if (base::launcher() == nullptr) return privileges;
  privileges.binds_low_ports = nginx::binds_low_ports(deployment);
  const auto account = read_account(directory_of(deployment.name));
  if (account.ok()) {
    privileges.group = account->group;
  } else {
    MEX_ASSIGN_OR_RETURN(privileges.group, unused_group(root_));
  }
  return privileges;
}

absl::Status ProcessRuntime::test(const Deployment& deployment,
                                  const base::ChildPrivileges& privileges) const {
  MEX_RETURN_IF_ERROR(write_configuration(deployment, kNextConfiguration));
  base::ChildCommand command =
      nginx_command(arguments_of(program_, kNextConfiguration), directory_of(deployment.name));
  command.arguments.emplace_back("-t");
  command.privileges = privileges;
  MEX_ASSIGN_OR_RETURN(
      const base::ChildOutcome finished,
      base::run_child(command, {base::system_clock().steady_now() + kTestTimeout}));
  if (finished.exit_code == 0) return absl::OkStatus();
  return base::error(absl::StatusCode::kInvalidArgument, "nginx refuses it: {}",
                     last_error_line(finished.output));
}

absl::Status ProcessRuntime::apply(const Deployment& deployment) {
  const std::string directory = directory_of(deployment.name);
  reap();
  // No process can work in a directory that does not exist.
  const bool is_new = !std::filesystem::exists(directory);
  Processes all;
  if (!is_new) {
    MEX_ASSIGN_OR_RETURN(all, running());
  }
  const auto found = all.find(deployment.name);
  MEX_ASSIGN_OR_RETURN(const base::ChildPrivileges privileges, privileges_for(deployment));
  const bool reload = found != all.end() && found->second.master != 0 &&
                      can_reload(found->second, directory, privileges);
  MEX_RETURN_IF_ERROR(write_files(deployment));
  if (reload) MEX_RETURN_IF_ERROR(test(deployment, privileges));
  log_begin_[deployment.name] = size_of(directory + "/" + std::string(kErrorLog));
  MEX_RETURN_IF_ERROR(write_configuration(deployment, "nginx.conf"));
  remove_other_files(directory, deployment);
  previous_.erase(deployment.name);
  if (reload) {
    previous_[deployment.name] = found->second.all;
    masters_[deployment.name] = found->second.master;
    send_signal(found->second.master, SIGHUP);
    return absl::OkStatus();
  }
  // Workers whose master was killed hold the ports and do not follow changes.
  if (found != all.end()) MEX_RETURN_IF_ERROR(end(found->second));
  return start(deployment.name, privileges);
}

// nginx asks its old workers to end 100 ms after it started the new ones. A worker that was asked
// has closed its ports, and says so in its title.
bool ProcessRuntime::is_reloading(const std::string& name) {
  const std::vector<pid_t>& previous = previous_[name];
  if (base::launcher() != nullptr) {
    const std::vector<base::ListedProcess> launched = launched_or_none(root_);
    return std::any_of(launched.begin(), launched.end(), [&](const base::ListedProcess& each) {
      return contains(previous, each.process) && still_accepts(each.title);
    });
  }
  return std::any_of(previous.begin(), previous.end(), [](pid_t pid) {
    const auto title = base::read_file(fmt::format("/proc/{}/cmdline", pid));
    return title.ok() && still_accepts(*title);
  });
}

absl::Status ProcessRuntime::start(const std::string& name,
                                   const base::ChildPrivileges& privileges) {
  const std::string directory = directory_of(name);
  // Left by an nginx that was killed; it would be taken for an address in use.
  unlink((directory + "/status.sock").c_str());
  // It may be another user's, whom this one's nginx cannot follow there.
  unlink((directory + "/nginx.pid").c_str());
  if (base::launcher() != nullptr) {
    // Before it starts, so that there is never one that the next agent does not know.
    MEX_RETURN_IF_ERROR(write_account(directory, {privileges.group, privileges.binds_low_ports}));
    for (const std::string_view log : {kErrorLog, kSessionLog}) {
      MEX_RETURN_IF_ERROR(share_log(fmt::format("{}/{}", directory, log)));
    }
  }
  base::ChildCommand command = nginx_command(arguments_of(program_, kConfigurationFile), directory);
  command.privileges = privileges;
  MEX_ASSIGN_OR_RETURN(const pid_t pid, start_detached(command, std::string(kErrorLog), kMaxFile));
  if (base::launcher() == nullptr) children_.insert(pid);
  masters_[name] = pid;
  // What a process before this one logged was counted then.
  sessions_read_.try_emplace(name, size_of(directory + "/" + std::string(kSessionLog)));
  return absl::OkStatus();
}

// Fast, cutting what is under way: a port is removed on request. By SIGKILL in the end.
absl::Status ProcessRuntime::end(const InstanceProcesses& processes) {
  const base::Clock& clock = base::system_clock();
  // Workers whose master was killed are children of process 1; in a container that is this one.
  children_.insert(processes.all.begin(), processes.all.end());
  for (const int signal_number : {SIGTERM, SIGKILL}) {
    if (processes.master != 0 && signal_number == SIGTERM) {
      send_signal(processes.master, SIGTERM);
    } else {
      for (const pid_t pid : processes.all) send_signal(pid, SIGKILL);
    }
    const base::SteadyTime deadline = clock.steady_now() + kEndTimeout;
    while (clock.steady_now() < deadline) {
      reap();
      if (all_gone(root_, processes.all)) return absl::OkStatus();
      poll(nullptr, 0, 2);
    }
  }
  return base::error(absl::StatusCode::kUnavailable, "an nginx cannot be ended (pid {})",
                     processes.all.front());
}

absl::Status ProcessRuntime::remove(const std::string& name) {
  reap();
  MEX_ASSIGN_OR_RETURN(const Processes all, running());
  const auto found = all.find(name);
  if (found != all.end()) MEX_RETURN_IF_ERROR(end(found->second));
  previous_.erase(name);
  masters_.erase(name);
  log_begin_.erase(name);
  sessions_read_.erase(name);
  std::error_code error;
  if (base::launcher() != nullptr && std::filesystem::exists(directory_of(name))) {
    remove_files_of_nginx(directory_of(name));
  }
  std::filesystem::remove_all(directory_of(name), error);
  if (error) return base::errno_status(error.value(), directory_of(name));
  return absl::OkStatus();
}

void ProcessRuntime::reap() {
  std::erase_if(children_, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
}

absl::StatusOr<std::vector<RunningInstance>> ProcessRuntime::list() {
  reap();
  MEX_ASSIGN_OR_RETURN(const Processes running, this->running());
  std::vector<RunningInstance> all;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root_, error)) {
    RunningInstance instance{
        .name = entry.path().filename().string(), .is_running = false, .run_id = ""};
    const auto found = running.find(instance.name);
    if (found != running.end() && found->second.master != 0 && is_present(found->second)) {
      instance.is_running = true;
      instance.run_id = found->second.master_run_id;
      const std::string log = fmt::format("{}/{}", entry.path().string(), kErrorLog);
      if (rotate(log)) {
        if (base::launcher() != nullptr) MEX_RETURN_IF_ERROR(share_log(log));
        send_signal(found->second.master, SIGUSR1);
        log_begin_[instance.name] = 0;
      }
    }
    all.push_back(std::move(instance));
  }
  if (error) return base::errno_status(error.value(), root_);
  return all;
}

std::string ProcessRuntime::last_error(const std::string& name) {
  const std::string log = directory_of(name) + "/" + std::string(kErrorLog);
  const std::string said = read_from(log, log_begin_[name]);
  std::string error = last_error_line(said);
  if (said.find("[emerg]") != std::string::npos) return error;
  if (base::signal_child(base::ChildRole::Nginx, masters_[name], 0).ok() &&
      !all_gone(root_, {masters_[name]})) {
    return "";
  }
  return error.empty() ? "nginx ended without a word" : error;
}

std::vector<std::string> ProcessRuntime::drain_session_log(const std::string& name) {
  const std::string log = directory_of(name) + "/" + std::string(kSessionLog);
  // Sessions that ended before this agent counted are not counted.
  return take_lines(log, sessions_read_.try_emplace(name, size_of(log)).first->second);
}

}  // namespace mex::nginx
