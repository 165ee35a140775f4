#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/temporary_directory.h"

// For tests: other people's programs as judges of what this folder makes.
namespace mex::kubernetes::testing {

// Writes a file of that name into the directory and returns its path.
inline std::string write_file(const base::TemporaryDirectory& directory, std::string_view name,
                              std::string_view content) {
  const std::string file = directory.path() + "/" + std::string(name);
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

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
