#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/render/resolved_instance.h"

namespace mex::nginx {

// What a configuration takes from where nginx will run rather than from the instance.
struct RenderContext {
  std::string preamble;       // directives that come first: modules, user; lines with ';'
  std::string error_log;      // file or "stderr"
  std::string session_log;    // file that finished connections are counted from; empty: none
  std::string status_listen;  // "unix:status.sock", "127.0.0.1:64333"
  bool has_ipv6 = false;
  // Of the host, without link-local ones; empty on a container network.
  std::vector<std::string> local_addresses;
  std::size_t max_descriptors = 0;  // open files of a process of nginx; 0: no limit is known
};

// Files that the configuration refers to, relative to its own directory.
struct FileNames {
  std::string certificate;
  std::string key;
  std::string users;
  std::string dropped_headers;
  std::string api_authority;
  std::string api_certificate;
  std::string api_key;
  // Of the port with that index; "" where it has none.
  std::vector<std::string> client_authorities;
};

// How many connections a worker of nginx may have: both ends of each that is proxied, and the
// sockets that listen. As few as there can be open files.
std::size_t worker_connections(const ResolvedInstance& instance, const RenderContext& context);

// bcrypt keeps a worker busy for as long as it takes: passwords have several, so that one does not
// keep all others waiting.
unsigned worker_processes(const Instance& instance);

// The whole nginx.conf. The desired half of `instance` has passed check(). All names in it are
// relative, so the directory's own name is never read by nginx's parser. `generation` is what the
// status server answers to GET /generation: it tells which configuration is active. Pure.
std::string render_configuration(const ResolvedInstance& instance, const RenderContext& context,
                                 const FileNames& files, std::string_view generation);

// Where the external port of `port` is listened on: "[::]:8888", or only some addresses of the
// host. Empty: nowhere. An origin on this machine may have the external port's own number (the
// original's documents do so): then nginx leaves that address to it and takes the others.
std::vector<std::string> listen_addresses(const ResolvedInstance& instance, const Port& port,
                                          const RenderContext& context);

}  // namespace mex::nginx
