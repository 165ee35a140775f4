#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/check.h"

// For tests: other people's programs as judges of what this folder makes.
namespace mex::kubernetes::testing {

// A fresh directory, removed with all its content at the end.
class ScratchDirectory {
 public:
  ScratchDirectory() : path_(std::filesystem::temp_directory_path() / "mex-kubernetes-XXXXXX") {
    MEX_CHECK(mkdtemp(path_.data()) != nullptr, "no temporary directory");
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }

  std::string write(std::string_view name, std::string_view content) const {
    const std::string file = path_ + "/" + std::string(name);
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

 private:
  std::string path_;
};

struct Outcome {
  int exit_code = -1;
  std::string output;  // standard output and standard error
};

// Runs `line` in a shell.
inline Outcome run(const std::string& line) {
  Outcome outcome;
  FILE* const pipe = popen(("{ " + line + "\n} 2>&1").c_str(), "r");
  MEX_CHECK(pipe != nullptr, "no shell");
  std::array<char, 4096> chunk{};
  for (std::size_t got = 0; (got = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) {
    outcome.output.append(chunk.data(), got);
  }
  const int status = pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

}  // namespace mex::kubernetes::testing
