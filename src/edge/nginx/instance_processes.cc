#include "edge/nginx/instance_processes.h"

#include <dirent.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "base/file.h"
#include "base/freed.h"

namespace mex::edge::nginx {
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

// Nothing: the process is gone, or of another user and we may not look (CAP_SYS_PTRACE).
std::optional<std::string> working_directory(const std::string& process) {
  std::array<char, 4096> path{};
  const ssize_t length = readlink((process + "/cwd").c_str(), path.data(), path.size());
  if (length < 0) return std::nullopt;
  return std::string(path.data(), static_cast<std::size_t>(length));
}

std::optional<pid_t> parse_pid(std::string_view text) {
  pid_t pid = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  const bool whole = error == std::errc() && stop == text.data() + text.size();
  return whole ? std::optional(pid) : std::nullopt;
}

// The name of the directory right below `root` that `path` is; "" if it is none.
std::string name_below(const std::string& root, const std::string& path) {
  const std::string prefix = root + "/";
  if (!path.starts_with(prefix)) return "";
  std::string name = path.substr(prefix.size());
  return name.find('/') == std::string::npos ? name : "";
}

void add(InstanceProcesses& instance, const Stat& stat) {
  instance.all.push_back(stat.pid);
  if (stat.session != stat.pid) return;
  instance.master = stat.pid;
  instance.master_life = std::to_string(stat.pid) + "-" + stat.start_time;
}

// Workers that were given to another user and that we may not look into: they are in the session
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
  while (const dirent* entry = readdir(proc.get())) {
    const auto pid = parse_pid(entry->d_name);
    if (!pid) continue;
    const std::string process = "/proc/" + std::string(entry->d_name);
    const auto directory = working_directory(process);
    const std::string name = directory ? name_below(root, *directory) : "";
    if (directory && name.empty()) continue;
    const auto text = base::read_file(process + "/stat");
    auto stat = text.ok() ? parse_stat(*text) : std::nullopt;
    if (!stat || stat->state == 'Z') continue;
    stat->pid = *pid;
    if (!name.empty()) {
      add(found[name], *stat);
    } else if (stat->is_nginx) {
      hidden.push_back(*std::move(stat));
    }
  }
  add_hidden(root, hidden, found);
  return found;
}

}  // namespace mex::edge::nginx
