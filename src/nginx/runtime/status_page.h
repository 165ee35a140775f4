#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mex::nginx {

// What stub_status says, since the nginx was started.
struct ConnectionCounts {
  std::uint64_t active = 0;
  std::uint64_t accepted = 0;
  std::uint64_t handled = 0;
  std::uint64_t requests = 0;
};

// The server in each instance that answers only the agent: which configuration is active, and
// counters. Calls block for at most two seconds. Any thread.
class StatusPage {
 public:
  // On 127.0.0.1.
  static StatusPage at_port(std::uint16_t port) { return StatusPage("", port); }
  // A socket "status.sock" in that directory, whose path may be of any length.
  static StatusPage in_directory(std::string directory) {
    return StatusPage(std::move(directory), 0);
  }

  // Unavailable: there is no answer, or not one of a status server.
  absl::StatusOr<std::string> generation() const;
  absl::StatusOr<ConnectionCounts> counts() const;

 private:
  StatusPage(std::string directory, std::uint16_t port)
      : directory_(std::move(directory)), port_(port) {}
  absl::StatusOr<std::string> get(std::string_view path) const;

  std::string directory_;
  std::uint16_t port_;
};

// The text of stub_status; DataLoss if it is something else.
absl::StatusOr<ConnectionCounts> parse_counts(std::string_view text);

}  // namespace mex::nginx
