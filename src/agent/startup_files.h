#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mex::agent {

// Files whose content is used from the start of the process to its end: which of them have become
// other files since then. Their content is not kept. Immutable, hence thread-safe.
class StartupFiles {
 public:
  struct Name {
    std::string setting;  // what names the file: "MEX_K8SOS_CONFIG"
    std::string path;     // empty: there is none
  };

  // Reads them.
  explicit StartupFiles(std::vector<Name> names);

  // "MEX_K8SOS_CONFIG: /etc/mexosagent/toml" for each that differs, is gone, or has come.
  std::vector<std::string> changed() const;

 private:
  struct File {
    Name name;
    std::optional<std::size_t> content;  // a number made of it; nothing: it cannot be read
  };

  std::vector<File> files_;
};

}  // namespace mex::agent
