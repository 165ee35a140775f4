#include "base/descriptor.h"

#include <unistd.h>

namespace mex::base {

void Descriptor::reset(int fd) {
  // close() is never retried: Linux has released the descriptor even when it says EINTR.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace mex::base
