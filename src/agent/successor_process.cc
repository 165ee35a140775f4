#include "agent/successor_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "agent/process.h"
#include "base/descriptor.h"
#include "base/status.h"

namespace mex::agent {
namespace {

constexpr std::string_view kTakeOver = "-take_over";

std::string own_program() {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  std::string program(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  // A package that was installed meanwhile has put another file in its place.
  constexpr std::string_view kReplaced = " (deleted)";
  if (program.ends_with(kReplaced)) program.resize(program.size() - kReplaced.size());
  return program;
}

// In the process between the two, which has one thread. Does not return.
[[noreturn]] void become_successor(const char* program, char* const* arguments, int report) {
  const pid_t successor = _Fork();
  if (successor == 0 && pass_on_capabilities()) execv(program, arguments);
  if (successor <= 0) {
    const int reason = errno;
    // Its own end says as much, if not why.
    if (write(report, &reason, sizeof reason) < 0) _exit(EXIT_FAILURE);
  }
  _exit(EXIT_SUCCESS);
}

}  // namespace

absl::Status start_successor(const std::vector<std::string>& arguments) {
  if (getpid() == 1) {
    return absl::FailedPreconditionError(
        "this is the first process of a container, which ends with it");
  }
  const std::string program = own_program();
  std::vector<std::string> words = arguments;
  if (std::find(words.begin(), words.end(), kTakeOver) == words.end()) {
    words.emplace_back(kTakeOver);
  }
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return base::errno_status(errno, "pipe");
  const base::Descriptor reading(ends[0]);
  base::Descriptor writing(ends[1]);
  // Twice, so that it is no child whose end this process would have to wait for.
  const pid_t between = _Fork();
  if (between < 0) return base::errno_status(errno, "fork");
  if (between == 0) become_successor(program.c_str(), pointers.data(), writing.get());
  writing.reset();
  while (waitpid(between, nullptr, 0) < 0 && errno == EINTR) {
  }
  int reason = 0;
  // The end of the pipe without a word: the program has been started.
  const ssize_t got = read(reading.get(), &reason, sizeof reason);
  return got == 0 ? absl::OkStatus() : base::errno_status(got < 0 ? errno : reason, program);
}

}  // namespace mex::agent
