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
#include "base/log.h"
#include "base/status.h"
#include "nginx/runtime/log_tail.h"
#include "nginx/runtime/process/detached_process.h"
#include "nginx/runtime/process/instance_processes.h"
#include "nginx/runtime/process/nginx_program.h"

namespace mex::nginx {
namespace {

constexpr std::string_view kErrorLog = "error.log";
constexpr std::string_view kSessionLog = "sessions.log";
constexpr std::string_view kWorkerTitle = "nginx: worker process";
constexpr std::string_view kEndingTitle = "is shutting down";
// What may gather while no agent runs; with one, much less does.
constexpr rlim_t kMaxFile = rlim_t{64} << 20U;
constexpr std::chrono::seconds kTestPatience{20};
constexpr std::chrono::seconds kEndPatience{5};

std::vector<std::string> words_of(const std::string& program, std::string_view configuration) {
  return {program, "-e", std::string(kErrorLog), "-p", "./", "-c", std::string(configuration)};
}

// Own files that belong to no configuration any more: former certificates and the like.
void remove_other_files(const std::string& directory, const Deployment& deployment) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    const bool is_of_a_kind = name.ends_with(".pem") || name.starts_with("users-");
    const bool is_used = std::any_of(deployment.files.begin(), deployment.files.end(),
                                     [&](const File& file) { return file.name == name; });
    if (is_of_a_kind && !is_used) std::filesystem::remove(entry.path(), error);
  }
}

bool is_alive(pid_t pid) {
  siginfo_t info{};
  // A zombie of ours is as good as gone; reap() takes it.
  if (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
    return info.si_pid == 0;
  }
  return kill(pid, 0) == 0;
}

bool all_gone(const std::vector<pid_t>& pids) {
  return std::none_of(pids.begin(), pids.end(), is_alive);
}

}  // namespace

ProcessRuntime::ProcessRuntime(std::string root, std::string program, RuntimeLayout place)
    : root_(std::move(root)), program_(std::move(program)), place_(std::move(place)) {
  // Inherited by nginx: a log at its limit is a failed write, not the end of the process.
  signal(SIGXFSZ, SIG_IGN);
}

absl::StatusOr<std::unique_ptr<ProcessRuntime>> ProcessRuntime::open(const std::string& root) {
  MEX_ASSIGN_OR_RETURN(NginxProgram nginx, find_nginx());
  MEX_RETURN_IF_ERROR(base::make_directories(root, 0700));
  std::error_code error;
  const std::string canonical = std::filesystem::canonical(root, error).string();
  if (error) return base::errno_status(error.value(), root);
  RuntimeLayout place{.preamble = std::move(nginx.preamble),
                      .error_log = std::string(kErrorLog),
                      .session_log = std::string(kSessionLog)};
  return std::unique_ptr<ProcessRuntime>(
      new ProcessRuntime(canonical, std::move(nginx.path), std::move(place)));
}

StatusPage ProcessRuntime::status_page(const std::string& name, std::uint16_t) const {
  return StatusPage::in_directory(directory_of(name));
}

// All but nginx.conf. Their names tell their content, so those that are there already stay.
absl::Status ProcessRuntime::write_files(const Deployment& deployment) const {
  const std::string directory = directory_of(deployment.name);
  MEX_RETURN_IF_ERROR(base::make_directories(directory, 0711));
  MEX_RETURN_IF_ERROR(base::make_directories(directory + "/temporary", 0700));
  // The worker is another user. It opens logs anew and reads the users' file by names that are
  // relative to its working directory, so it must be let into that one; nobody else gets as far,
  // for the directory above is closed. (The mode given at the making is cut by the umask.)
  if (chmod(directory.c_str(), 0711) != 0) return base::errno_status(errno, directory);
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

absl::Status ProcessRuntime::test(const Deployment& deployment,
                                  const std::string& configuration) const {
  const std::string directory = directory_of(deployment.name);
  const std::string next = directory + "/" + kNextConfiguration;
  MEX_RETURN_IF_ERROR(base::write_file_atomically(next, configuration, 0600));
  base::ChildCommand command = nginx_command(words_of(program_, kNextConfiguration), directory);
  command.arguments.emplace_back("-t");
  MEX_ASSIGN_OR_RETURN(
      const base::ChildOutcome finished,
      base::run_child(command, {base::system_clock().steady_now() + kTestPatience}));
  if (finished.exit_code == 0) return absl::OkStatus();
  return base::error(absl::StatusCode::kInvalidArgument, "nginx refuses it: {}",
                     last_complaint(finished.output));
}

absl::Status ProcessRuntime::apply(const Deployment& deployment) {
  const std::string directory = directory_of(deployment.name);
  const auto file = std::find_if(deployment.files.begin(), deployment.files.end(),
                                 [](const File& f) { return f.name == kConfigurationFile; });
  const std::string& configuration = file->content.reveal();
  reap();
  // Nobody can be at work in a directory that is not there.
  const bool is_new = !std::filesystem::exists(directory);
  const auto running = is_new ? std::map<std::string, InstanceProcesses>() : processes_below(root_);
  const auto found = running.find(deployment.name);
  const bool reload = found != running.end() && found->second.master != 0;
  MEX_RETURN_IF_ERROR(write_files(deployment));
  if (reload) MEX_RETURN_IF_ERROR(test(deployment, configuration));
  log_begin_[deployment.name] = size_of(directory + "/" + std::string(kErrorLog));
  MEX_RETURN_IF_ERROR(base::write_file_atomically(directory + "/" + std::string(kConfigurationFile),
                                                  configuration, 0600));
  remove_other_files(directory, deployment);
  former_.erase(deployment.name);
  if (reload) {
    former_[deployment.name] = found->second.all;
    masters_[deployment.name] = found->second.master;
    kill(found->second.master, SIGHUP);
    return absl::OkStatus();
  }
  // Workers whose master was killed hold the ports and know nothing of a change.
  if (found != running.end()) MEX_RETURN_IF_ERROR(end(found->second));
  return start(deployment.name);
}

// nginx tells its old workers to end 100 ms after it started the new ones. A worker that was told
// has closed its ports, and says so in its title.
bool ProcessRuntime::is_reloading(const std::string& name) {
  const std::vector<pid_t>& former = former_[name];
  return std::any_of(former.begin(), former.end(), [](pid_t pid) {
    const auto title = base::read_file(fmt::format("/proc/{}/cmdline", pid));
    return title.ok() && title->starts_with(kWorkerTitle) &&
           title->find(kEndingTitle) == std::string::npos;
  });
}

absl::Status ProcessRuntime::start(const std::string& name) {
  const std::string directory = directory_of(name);
  // Left by an nginx that was killed; it would be taken for an address in use.
  unlink((directory + "/status.sock").c_str());
  MEX_ASSIGN_OR_RETURN(
      const pid_t pid,
      start_detached(nginx_command(words_of(program_, kConfigurationFile), directory),
                     std::string(kErrorLog)));
  children_.insert(pid);
  masters_[name] = pid;
  // What an earlier one logged was counted then.
  sessions_read_.try_emplace(name, size_of(directory + "/" + std::string(kSessionLog)));
  const rlimit limit{.rlim_cur = kMaxFile, .rlim_max = kMaxFile};
  if (prlimit(pid, RLIMIT_FSIZE, &limit, nullptr) != 0) {
    log::warning("the logs of an nginx have no limit", {{"instance", name}});
  }
  return absl::OkStatus();
}

// Fast, with what is under way: whoever takes a port away means it. By SIGKILL in the end.
absl::Status ProcessRuntime::end(const InstanceProcesses& processes) {
  const base::Clock& clock = base::system_clock();
  // Workers whose master was killed are children of process 1; in a container that is this one.
  children_.insert(processes.all.begin(), processes.all.end());
  for (const int signal_number : {SIGTERM, SIGKILL}) {
    if (processes.master != 0 && signal_number == SIGTERM) {
      kill(processes.master, SIGTERM);
    } else {
      for (const pid_t pid : processes.all) kill(pid, SIGKILL);
    }
    const base::SteadyTime patience = clock.steady_now() + kEndPatience;
    while (clock.steady_now() < patience) {
      reap();
      if (all_gone(processes.all)) return absl::OkStatus();
      poll(nullptr, 0, 2);
    }
  }
  return base::error(absl::StatusCode::kUnavailable, "an nginx cannot be ended (pid {})",
                     processes.all.front());
}

absl::Status ProcessRuntime::remove(const std::string& name) {
  reap();
  const auto running = processes_below(root_);
  const auto found = running.find(name);
  if (found != running.end()) MEX_RETURN_IF_ERROR(end(found->second));
  former_.erase(name);
  masters_.erase(name);
  log_begin_.erase(name);
  sessions_read_.erase(name);
  std::error_code error;
  std::filesystem::remove_all(directory_of(name), error);
  if (error) return base::errno_status(error.value(), directory_of(name));
  return absl::OkStatus();
}

void ProcessRuntime::reap() {
  std::erase_if(children_, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
}

absl::StatusOr<std::vector<RunningInstance>> ProcessRuntime::list() {
  reap();
  const auto running = processes_below(root_);
  std::vector<RunningInstance> all;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root_, error)) {
    RunningInstance instance{
        .name = entry.path().filename().string(), .is_running = false, .run_id = ""};
    const auto found = running.find(instance.name);
    if (found != running.end() && found->second.master != 0) {
      instance.is_running = true;
      instance.run_id = found->second.master_life;
      if (rotate(entry.path().string() + "/" + std::string(kErrorLog))) {
        kill(found->second.master, SIGUSR1);
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
  std::string grave = last_complaint(said);
  if (said.find("[emerg]") != std::string::npos) return grave;
  if (is_alive(masters_[name])) return "";
  return grave.empty() ? "nginx ended without a word" : grave;
}

std::vector<std::string> ProcessRuntime::drain_session_log(const std::string& name) {
  const std::string log = directory_of(name) + "/" + std::string(kSessionLog);
  // What went on before this agent counted is not its.
  return take_lines(log, sessions_read_.try_emplace(name, size_of(log)).first->second);
}

}  // namespace mex::nginx
