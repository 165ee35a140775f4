#include "nginx/runtime/process/instance_processes.h"

#include <dirent.h>
#include <sys/stat.h>

#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/freed.h"
#include "base/launcher_client.h"
#include "base/status.h"
#include "nginx/runtime/process/instance_account.h"

namespace mex::nginx {
namespace {

struct Stat {
  pid_t pid = 0;
  bool is_nginx = false;
  char state = '?';
  pid_t session = 0;
  std::string start_time;
};

// proc(5): "pid (name) state ppid pgrp session …", start time is field 22. The name may hold
// anything, so what counts begins behind its last parenthesis.
std::optional<Stat> parse_stat(std::string_view text) {
  constexpr int kSessionField = 6;
  constexpr int kStartTimeField = 22;
  const std::size_t end_of_name = text.rfind(") ");
  if (end_of_name == std::string_view::npos) return std::nullopt;
  Stat stat;
  stat.is_nginx = text.substr(0, end_of_name).ends_with("(nginx");
  text.remove_prefix(end_of_name + 2);
  stat.state = text.empty() ? '?' : text.front();
  for (int field = 3; !text.empty(); ++field) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (field == kSessionField) {
      std::from_chars(word.data(), word.data() + word.size(), stat.session);
    }
    if (field == kStartTimeField) {
      stat.start_time = word;
      return stat;
    }
    if (space == std::string_view::npos) break;
    text.remove_prefix(space + 1);
  }
  return std::nullopt;
}

// Which directory it is, by whatever path it is reached: a link to a process's working directory is
// read as the path in that process's mounts and root, which need not be the agent's (a state
// directory behind a link, an agent in a container or a service with new mounts).
using DirectoryId = std::pair<dev_t, ino_t>;

// Nothing: there is none, or the process is another user's and the agent lacks CAP_SYS_PTRACE.
std::optional<DirectoryId> id_of_directory(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return std::nullopt;
  return DirectoryId(info.st_dev, info.st_ino);
}

std::map<DirectoryId, std::string> directories_below(const std::string& root) {
  std::map<DirectoryId, std::string> directories;
  std::error_code error;
  for (const auto& directory : std::filesystem::directory_iterator(root, error)) {
    const auto known = id_of_directory(directory.path().string());
    if (known) directories.emplace(*known, directory.path().filename().string());
  }
  return directories;
}

std::optional<pid_t> parse_pid(std::string_view text) {
  pid_t pid = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  const bool whole = error == std::errc() && stop == text.data() + text.size();
  return whole ? std::optional(pid) : std::nullopt;
}

void add(InstanceProcesses& instance, const Stat& stat) {
  instance.all.push_back(stat.pid);
  if (stat.session != stat.pid) return;
  instance.master = stat.pid;
  instance.master_run_id = std::to_string(stat.pid) + "-" + stat.start_time;
}

// Workers of another user whose working directory the agent may not read: they are in the session
// of a master that wrote its pid into its directory.
void add_hidden(const std::string& root, const std::vector<Stat>& hidden,
                std::map<std::string, InstanceProcesses>& found) {
  if (hidden.empty()) return;
  std::error_code error;
  for (const auto& directory : std::filesystem::directory_iterator(root, error)) {
    auto text = base::read_file(directory.path().string() + "/nginx.pid", 64);
    if (!text.ok()) continue;
    while (text->ends_with('\n')) text->pop_back();
    const auto master = parse_pid(*text);
    for (const Stat& stat : hidden) {
      if (stat.session == master) add(found[directory.path().filename().string()], stat);
    }
  }
}

}  // namespace

std::map<std::string, InstanceProcesses> processes_below(const std::string& root) {
  std::map<std::string, InstanceProcesses> found;
  std::vector<Stat> hidden;
  const std::unique_ptr<DIR, base::Freed<closedir>> proc(opendir("/proc"));
  if (proc == nullptr) return found;
  const std::map<DirectoryId, std::string> directories = directories_below(root);
  while (const dirent* entry = readdir(proc.get())) {
    const auto pid = parse_pid(entry->d_name);
    if (!pid) continue;
    const std::string process = "/proc/" + std::string(entry->d_name);
    const auto directory = id_of_directory(process + "/cwd");
    const auto known = directory ? directories.find(*directory) : directories.end();
    if (directory && known == directories.end()) continue;
    const auto text = base::read_file(process + "/stat");
    auto stat = text.ok() ? parse_stat(*text) : std::nullopt;
    if (!stat || stat->state == 'Z') continue;
    stat->pid = *pid;
    if (known != directories.end()) {
      add(found[known->second], *stat);
    } else if (stat->is_nginx && base::launcher() == nullptr) {
      hidden.push_back(*std::move(stat));
    }
  }
  add_hidden(root, hidden, found);
  return found;
}

absl::StatusOr<std::vector<base::ListedProcess>> launched_processes(const std::string& root) {
  MEX_ASSIGN_OR_RETURN(const auto names, instance_groups(root));
  std::vector<gid_t> groups;
  for (const auto& [group, name] : names) groups.push_back(group);
  return base::launcher()->list(base::ChildRole::Nginx, groups);
}

absl::StatusOr<std::map<std::string, InstanceProcesses>> launched_below(const std::string& root) {
  MEX_ASSIGN_OR_RETURN(const auto names, instance_groups(root));
  MEX_ASSIGN_OR_RETURN(const std::vector<base::ListedProcess> listed, launched_processes(root));
  std::map<std::string, InstanceProcesses> found;
  for (const base::ListedProcess& each : listed) {
    const auto name = names.find(each.group);
    if (name == names.end()) continue;
    Stat stat;
    stat.pid = each.process;
    stat.session = each.session;
    stat.start_time = each.start_time;
    InstanceProcesses& instance = found[name->second];
    add(instance, stat);
    instance.is_launched = true;
  }
  return found;
}

}  // namespace mex::nginx
