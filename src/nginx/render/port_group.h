#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/render/resolved_instance.h"

namespace mex::nginx {

// One entry of an instance's ports, with what the configuration calls it.
struct PortEntry {
  const Port* port = nullptr;
  const ResolvedOrigins* origins = nullptr;
  std::string upstream;  // "http_8888_0"
};

// All entries for one port of the machine, in the instance's order; never empty.
struct PortGroup {
  std::size_t first_index = 0;  // of its first entry in Instance::ports
  std::vector<PortEntry> entries;

  const Port& port() const { return *entries.front().port; }
};

// In the order of their first entries. Refers to `instance`.
std::vector<PortGroup> group_ports(const ResolvedInstance& instance);

// "    upstream http_8888_0 { … }" for nginx, both in http{} and in stream{}.
std::string upstream_text(const PortEntry& entry);

// Of a location of http{}: how long nginx waits for an origin.
std::string timeouts_text(const Port& port);

// Of a listening socket for TCP. A client that vanished holds its connection no longer than two
// minutes; the system's own answer is hours.
inline constexpr std::string_view kKeepAlive = " so_keepalive=60s:10s:6";

// "        allow …; deny all;" or nothing.
std::string access_text(const Port& port);

}  // namespace mex::nginx
