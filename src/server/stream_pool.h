#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "server/connection_context.h"

namespace mex::server {

// The streams of a server that no connection has now, of one version of HTTP: they are used again
// and again, with the memory that they hold. Shard thread only.
template <typename Stream>
class StreamPool {
 public:
  explicit StreamPool(ConnectionContext& context) : context_(context) {}

  std::unique_ptr<Stream> take() {
    if (free_.empty()) return std::make_unique<Stream>(context_);
    std::unique_ptr<Stream> stream = std::move(free_.back());
    free_.pop_back();
    return stream;
  }
  void give_back(std::unique_ptr<Stream> stream) { free_.push_back(std::move(stream)); }

 private:
  ConnectionContext& context_;
  std::vector<std::unique_ptr<Stream>> free_;
};

}  // namespace mex::server
