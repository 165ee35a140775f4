#include "net/listening_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace mex::net {
namespace {

int option(int socket, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

bool is_listening(int socket) {
  const int domain = option(socket, SO_DOMAIN);
  return (domain == AF_INET || domain == AF_INET6) && option(socket, SO_TYPE) == SOCK_STREAM &&
         option(socket, SO_ACCEPTCONN) == 1;
}

bool listens_at(int socket, const Address& address) {
  const Address local = Address::local_of(socket);
  return local == address || (local.is_any() && address.is_any() && local.port() == address.port());
}

}  // namespace

ListeningSockets& ListeningSockets::of_process() {
  static ListeningSockets sockets;
  return sockets;
}

void ListeningSockets::inherit(std::vector<base::Descriptor> sockets) {
  const base::MutexLock lock(mutex_);
  for (base::Descriptor& socket : sockets) {
    if (is_listening(socket.get())) inherited_.push_back(std::move(socket));
  }
}

std::optional<base::Descriptor> ListeningSockets::take(const Address& address) {
  const base::MutexLock lock(mutex_);
  const auto found = std::find_if(
      inherited_.begin(), inherited_.end(),
      [&](const base::Descriptor& socket) { return listens_at(socket.get(), address); });
  if (found == inherited_.end()) return std::nullopt;
  base::Descriptor socket = std::move(*found);
  inherited_.erase(found);
  return socket;
}

bool ListeningSockets::has_inherited(const Address& address) const {
  const base::MutexLock lock(mutex_);
  return std::any_of(inherited_.begin(), inherited_.end(), [&](const base::Descriptor& socket) {
    return listens_at(socket.get(), address);
  });
}

std::size_t ListeningSockets::close_inherited() {
  const base::MutexLock lock(mutex_);
  return std::exchange(inherited_, {}).size();
}

std::vector<base::Descriptor> ListeningSockets::copies() const {
  const base::MutexLock lock(mutex_);
  std::vector<base::Descriptor> sockets;
  for (const int socket : open_) {
    sockets.emplace_back(fcntl(socket, F_DUPFD_CLOEXEC, 0));
    if (!sockets.back().valid()) sockets.pop_back();
  }
  return sockets;
}

void ListeningSockets::add(int socket) {
  const base::MutexLock lock(mutex_);
  open_.push_back(socket);
}

void ListeningSockets::remove(int socket) {
  const base::MutexLock lock(mutex_);
  open_.erase(std::remove(open_.begin(), open_.end(), socket), open_.end());
}

}  // namespace mex::net
