#pragma once

#include <optional>
#include <vector>

#include "base/descriptor.h"
#include "base/mutex.h"
#include "net/address.h"

namespace mex::net {

// The listening sockets of this process, so that another one can take them over without a moment in
// which no one listens: a socket that is handed to another process keeps the connections that wait
// in it. Listener enters its own here, and takes what was inherited before it makes a new one.
// Thread-safe.
class ListeningSockets {
 public:
  static ListeningSockets& of_process();

  // Sockets of a process whose place this one takes, or that were kept meanwhile. What is not a
  // listening TCP socket is closed.
  void inherit(std::vector<base::Descriptor> sockets);

  // One that listens at `address`, which no one had yet. An address of all IPv6 ones stands for all
  // IPv4 ones, too, as it does for Listener.
  std::optional<base::Descriptor> take(const Address& address);
  bool has_inherited(const Address& address) const;

  // Closes those that no one has taken, and says how many those were. Connections that wait in such
  // a socket are lost if it is open nowhere else.
  std::size_t close_inherited();

  // Copies of all that are open.
  std::vector<base::Descriptor> copies() const;

 private:
  friend class Listener;
  void add(int socket);
  void remove(int socket);

  mutable base::Mutex mutex_;
  std::vector<base::Descriptor> inherited_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::net
