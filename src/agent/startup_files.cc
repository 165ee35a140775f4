#include "agent/startup_files.h"

#include <functional>
#include <utility>

#include "base/file.h"

namespace mex::agent {
namespace {

std::optional<std::size_t> number_of(const std::string& path) {
  const auto text = base::read_file(path);
  if (!text.ok()) return std::nullopt;
  return std::hash<std::string>()(*text);
}

}  // namespace

StartupFiles::StartupFiles(std::vector<Name> names) {
  for (Name& name : names) {
    if (name.path.empty()) continue;
    const auto content = number_of(name.path);
    files_.push_back({std::move(name), content});
  }
}

std::vector<std::string> StartupFiles::changed() const {
  std::vector<std::string> changed;
  for (const auto& [name, content] : files_) {
    if (number_of(name.path) != content) changed.push_back(name.setting + ": " + name.path);
  }
  return changed;
}

}  // namespace mex::agent
