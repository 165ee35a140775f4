#include "server/shard.h"

#include <pthread.h>

#include <future>
#include <utility>

#include "base/check.h"
#include "base/status.h"

namespace mex::server {

absl::StatusOr<std::unique_ptr<ShardGroup>> ShardGroup::start(std::size_t shards,
                                                              std::string_view name) {
  MEX_CHECK(shards > 0, "a data plane needs a shard");
  std::unique_ptr<ShardGroup> group(new ShardGroup);
  for (std::size_t index = 0; index < shards; ++index) {
    MEX_ASSIGN_OR_RETURN(auto loop, net::EventLoop::create());
    group->shards_.push_back(std::unique_ptr<Shard>(new Shard(index, std::move(loop))));
  }
  for (const std::unique_ptr<Shard>& shard : group->shards_) {
    shard->thread_ = std::thread([&loop = shard->loop()] { loop.run(); });
    const std::string thread_name = fmt::format("{}-{}", name, shard->index());
    ::pthread_setname_np(shard->thread_.native_handle(), thread_name.c_str());
  }
  return group;
}

ShardGroup::~ShardGroup() { stop(); }

void ShardGroup::run_on(Shard& shard, const std::function<void()>& call) {
  std::promise<void> done;
  shard.post([&] {
    call();
    done.set_value();
  });
  done.get_future().wait();
}

void ShardGroup::run_on_all(const std::function<void(Shard&)>& call) {
  std::vector<std::promise<void>> done(shards_.size());
  for (const std::unique_ptr<Shard>& shard : shards_) {
    shard->post([&call, &target = *shard, &finished = done[shard->index()]] {
      call(target);
      finished.set_value();
    });
  }
  for (std::promise<void>& promise : done) promise.get_future().wait();
}

void ShardGroup::stop() {
  for (const std::unique_ptr<Shard>& shard : shards_) shard->loop().stop();
  for (const std::unique_ptr<Shard>& shard : shards_) {
    if (shard->thread_.joinable()) shard->thread_.join();
  }
}

}  // namespace mex::server
