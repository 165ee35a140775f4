#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/child_start.h"
#include "base/descriptor.h"

// What the agent and its launcher say to each other, over a socket of whole messages (unix(7),
// SOCK_SEQPACKET). A connection is one call: a request with its descriptors, an answer, and for a
// child that is not detached the way in which it ended. Closing the connection ends the child.
namespace mex::base {

enum class LauncherCall : std::uint8_t { Start, Signal, List };

// A request but for what has no fixed size, which lies in the first descriptor: of Start the
// command, in encode_command()'s form; of List the groups, in encode_groups()'s, and the second one
// takes the answer.
struct LauncherRequest {
  LauncherCall call = LauncherCall::Start;
  ChildRole role = ChildRole::None;
  // Of what comes from outside any byte is a value: 0 is no, all others are yes.
  std::uint8_t binds_low_ports = 0;
  std::uint8_t is_detached = 0;
  std::array<std::uint8_t, 4>
      has_descriptor{};  // directory, input, output, file: those that follow
  gid_t group = 0;
  std::uint64_t max_file_size = 0;
  pid_t process = 0;  // Signal: a process, or a process group as its negative
  int signal = 0;
};

ChildPrivileges privileges_of(const LauncherRequest& request);

struct LauncherAnswer {
  int error = 0;  // an errno; 0: done
  pid_t process = 0;
};

// The last message about a child.
struct LauncherEnd {
  int wait_status = 0;  // as waitpid() tells it
};

// A process as all of the machine may see it.
struct ListedProcess {
  pid_t process = 0;
  pid_t session = 0;
  gid_t group = 0;         // its effective one
  std::string start_time;  // of proc(5)
  std::string title;       // the first of its arguments
};

// Program, arguments, environment, log.
std::string encode_command(const ChildStart& start);
// InvalidArgument: it is none.
absl::Status decode_command(std::string_view text, ChildStart& start);

std::string encode_groups(const std::vector<gid_t>& groups);
absl::StatusOr<std::vector<gid_t>> decode_groups(std::string_view text);

std::string encode_list(const std::vector<ListedProcess>& processes);
absl::StatusOr<std::vector<ListedProcess>> decode_list(std::string_view text);

// A file without a name that holds `text`, read from its beginning. Others may open it anew by its
// descriptor.
absl::StatusOr<Descriptor> text_file(std::string_view text);
// All of such a file, within a limit.
absl::StatusOr<std::string> read_text_file(int file);

}  // namespace mex::base
