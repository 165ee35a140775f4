#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/descriptor.h"

// How one agent takes the place of another without a moment in which no one listens. The running
// one, the predecessor, waits at a socket in its state directory. A successor asks there; the
// predecessor ends its control plane, which gives up the store, and hands over its listening
// sockets; the successor opens the store, serves, and says so; then the predecessor lets the
// connections that it has come to their end. Until that word the predecessor can take all back.
namespace mex::agent {

// The successor, as the predecessor sees it. Main thread only.
class Successor {
 public:
  explicit Successor(base::Descriptor connection);

  // Readable when it has said that it serves, and when it has ended.
  int descriptor() const { return connection_.get(); }
  pid_t process() const { return process_; }

  // Unavailable: it is gone.
  absl::Status give(const std::vector<base::Descriptor>& sockets);
  // Once descriptor() is readable. Unavailable: it has ended instead.
  absl::Status hear_that_it_serves();
  // It does not serve, and what it holds is needed again. Does nothing if it has ended, or is one
  // of another container.
  void end() const;

 private:
  base::Descriptor connection_;
  pid_t process_ = -1;
  base::Descriptor process_handle_;  // as long as this is open, the number may be no other's
};

// Where successors ask. Main thread only.
class TakeoverPort {
 public:
  static absl::StatusOr<TakeoverPort> open(const std::string& state_dir);

  int descriptor() const { return listening_.get(); }  // readable: accept() has something to do

  // The one that asks, if it is this user's or root's and speaks this version. Others are answered
  // with a reason. Waits for at most a second.
  absl::StatusOr<Successor> accept();

  // There is no agent any more, and no successor, which would have put another socket there.
  void remove();

 private:
  TakeoverPort(base::Descriptor listening, std::string path)
      : listening_(std::move(listening)), path_(std::move(path)) {}

  base::Descriptor listening_;
  std::string path_;
};

// The predecessor, as the successor sees it.
class Predecessor {
 public:
  // Nothing: no agent has this state directory. When it returns another, that one's listening
  // sockets are inherited (net::ListeningSockets) and its store is free.
  //   Unavailable         it did not answer in time, or ended meanwhile; it goes on if it can
  //   FailedPrecondition  it refuses: its reason
  static absl::StatusOr<std::optional<Predecessor>> ask(const std::string& state_dir);

  // From now on all is this process's. Unavailable: the predecessor has taken it back, so that this
  // process must end.
  absl::Status say_that_this_serves();

 private:
  explicit Predecessor(base::Descriptor connection) : connection_(std::move(connection)) {}

  base::Descriptor connection_;
};

}  // namespace mex::agent
