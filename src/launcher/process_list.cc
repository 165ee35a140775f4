#include "launcher/process_list.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "base/freed.h"

namespace mex::launcher {
namespace {

constexpr std::size_t kMaxTitle = 128;

// proc(5): "pid (name) state ppid pgrp session …", start time is field 22. The name may hold
// anything, so what counts begins behind its last parenthesis.
bool parse_stat(const std::string& text, base::ListedProcess& process) {
  constexpr std::size_t kState = 0;
  constexpr std::size_t kSession = 3;
  constexpr std::size_t kStartTime = 19;
  const std::size_t end_of_name = text.rfind(") ");
  if (end_of_name == std::string::npos) return false;
  const std::vector<std::string> fields =
      absl::StrSplit(text.substr(end_of_name + 2), absl::ByAnyChar(" \n"));
  if (fields.size() <= kStartTime || fields[kState] == "Z") return false;
  process.start_time = fields[kStartTime];
  return absl::SimpleAtoi(fields[kSession], &process.session);
}

}  // namespace

std::vector<base::ListedProcess> processes_of(uid_t user, gid_t group) {
  std::vector<base::ListedProcess> processes;
  const std::unique_ptr<DIR, base::Freed<closedir>> proc(opendir("/proc"));
  if (proc == nullptr) return processes;
  while (const dirent* entry = readdir(proc.get())) {
    base::ListedProcess process;
    if (!absl::SimpleAtoi(entry->d_name, &process.process)) continue;
    if (process.process == getpid()) continue;  // it has become that user to look
    const std::string directory = "/proc/" + std::string(entry->d_name);
    // The owner is the process's effective user and group: no program of the user's has more rights
    // than who starts it, so none of them is closed to it.
    struct stat owner {};
    if (stat(directory.c_str(), &owner) != 0) continue;
    if (owner.st_uid != user || owner.st_gid != group) continue;
    process.group = group;
    const auto text = base::read_file(directory + "/stat");
    if (!text.ok() || !parse_stat(*text, process)) continue;
    const auto title = base::read_file(directory + "/cmdline");
    if (title.ok()) process.title = title->substr(0, std::min(title->find('\0'), kMaxTitle));
    processes.push_back(std::move(process));
  }
  return processes;
}

}  // namespace mex::launcher
