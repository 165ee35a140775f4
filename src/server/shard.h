#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "net/buffer.h"
#include "net/event_loop.h"

namespace mex::server {

// One thread of the data plane with all that it owns. Nothing of it is touched by other threads,
// apart from post().
class Shard {
 public:
  std::size_t index() const { return index_; }
  net::EventLoop& loop() { return *loop_; }
  net::BufferPool& buffers() { return buffers_; }
  // Any thread: runs `task` on this shard's thread.
  void post(net::EventLoop::Task task) { loop_->post(std::move(task)); }

  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

 private:
  friend class ShardGroup;
  Shard(std::size_t index, std::unique_ptr<net::EventLoop> loop)
      : index_(index), loop_(std::move(loop)) {}

  const std::size_t index_;
  const std::unique_ptr<net::EventLoop> loop_;
  net::BufferPool buffers_;
  std::thread thread_;
};

// The data plane's threads. Made and stopped by one thread of the control plane; post() and
// run_on_* from any thread of it, never from a shard.
class ShardGroup {
 public:
  // The threads are called "<name>-0", "<name>-1", … (as `ps -L` shows them).
  static absl::StatusOr<std::unique_ptr<ShardGroup>> start(std::size_t shards,
                                                           std::string_view name = "shard");
  ShardGroup(const ShardGroup&) = delete;
  ShardGroup& operator=(const ShardGroup&) = delete;
  // Same as stop().
  ~ShardGroup();

  std::size_t size() const { return shards_.size(); }
  Shard& shard(std::size_t index) { return *shards_[index]; }

  // Runs `call` on every shard's thread and waits for all of them. Not after stop().
  void run_on_all(const std::function<void(Shard&)>& call);
  void run_on(Shard& shard, const std::function<void()>& call);

  // Stops the loops and joins the threads. What was made on a shard must be gone by then.
  void stop();

 private:
  ShardGroup() = default;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace mex::server
