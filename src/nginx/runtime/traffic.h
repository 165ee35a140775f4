#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace mex::nginx {

// What went over one external port since this agent has been counting.
struct PortTraffic {
  // HTTP: requests by class of status, [0] is 1xx. TCP and UDP: sessions, by the statuses that
  // nginx gives them (200 is success, 502 no origin).
  std::array<std::uint64_t, 5> ended{};
  std::uint64_t refused = 0;         // of those, because a client had as many as it may have
  std::uint64_t received_bytes = 0;  // from clients
  std::uint64_t sent_bytes = 0;      // to clients
};

// By port number and "http", "tcp" or "udp".
using Traffic = std::map<std::pair<std::uint16_t, std::string>, PortTraffic>;

// Counts a line of the session log: "8888 http 200 117 5311 0.004 PASSED PASSED". Lines
// that are something else count for nothing; false then. The last two words say whether a limit
// let it pass; sessions that an earlier configuration logged have none.
bool count_session(std::string_view line, Traffic& traffic);

}  // namespace mex::nginx
