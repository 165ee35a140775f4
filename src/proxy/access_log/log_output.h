#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/descriptor.h"

namespace mex::proxy {

// Why lines cannot be written just now.
enum class OutputFault : std::uint8_t {
  None,
  NoSpace,       // the disk or a quota is full
  NoPermission,  // also a file system that is read-only
  NoDirectory,   // of the file
  IsDirectory,
  NoReader,  // of a pipe
  Blocked,   // what reads it is behind
  Other,
};
inline constexpr std::size_t kOutputFaults = 8;
OutputFault output_fault_of(int error_number);
std::string_view to_string(OutputFault fault);  // label of metrics: "no_space"

// Where the lines go: a file that is only ever appended to, a named pipe, or the process's standard
// output. Waits for nothing but a disk. One thread.
class LogOutput {
 public:
  // "-" and "stdout" are the standard output.
  explicit LogOutput(std::string path);

  struct Result {
    std::size_t bytes = 0;  // taken
    int error_number = 0;   // 0: all of them were
  };
  // Opens it where it is not open. Of `text` it may take a part, also of a line.
  Result write(std::string_view text);

  // Opened anew at the next write: the file may have another name by now.
  void reopen();
  // Whether another file has the name by now: a rotation that was not announced.
  bool is_replaced() const;

 private:
  int open();
  Result write_piece(std::string_view text);

  const std::string path_;  // empty: the standard output
  base::Descriptor file_;
  bool is_regular_ = false;
};

}  // namespace mex::proxy
