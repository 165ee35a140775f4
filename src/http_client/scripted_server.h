#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "http_client/loopback_listener.h"

namespace mex::http_client {

// For tests: a server on a loopback socket that reads requests and reacts to each as the test says,
// so that the faults of real networks can be had at will.
class ScriptedServer {
 public:
  struct Seen {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    int connection = 0;  // 1, 2, …: in the order of accept
  };

  enum class Then { KeepOpen, Close, Hang };

  struct Reaction {
    std::string bytes;  // sent as they are
    Then then = Then::KeepOpen;
  };

  // Called on the connection's own thread, one call at a time.
  using Script = std::function<Reaction(const Seen&)>;

  explicit ScriptedServer(Script script);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();  // ends all connections

  std::string url(std::string_view path = "") const;  // "http://127.0.0.1:PORT" + path

  std::vector<Seen> seen() const;
  // How many requests had this method and a target that contains `part`.
  std::size_t count(std::string_view method, std::string_view part = "") const;

 private:
  void accept_connections();
  void serve(int socket, int connection);
  Reaction react(const Seen& request);

  Script script_;
  LoopbackListener listener_;
  mutable base::Mutex mutex_;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Seen> seen_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> sockets_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> connections_;  // of the accepting thread until that has ended
  std::thread acceptor_;
};

// "HTTP/1.1 200 OK" with a length, the given header lines ("Name: value\r\n") and the body.
std::string http_answer(int status, std::string_view body, std::string_view header_lines = "");

}  // namespace mex::http_client
