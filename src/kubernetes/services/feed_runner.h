#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

#include "http_client/async_client.h"
#include "kubernetes/client.h"
#include "kubernetes/services/object_feed.h"
#include "kubernetes/services/task_loop.h"

namespace mex::kubernetes {

// Does what a feed asks for, over connections that share a thread with those of all other feeds.
// Called on the loop's thread only, where everything that comes is handed to the feed. Owned by
// shared_ptr.
class FeedRunner : public std::enable_shared_from_this<FeedRunner> {
 public:
  // `feed`, `loop` and `transport` outlive the runner; `on_change` is called whenever the feed has
  // been given something.
  FeedRunner(ObjectFeed& feed, TaskLoop& loop, http_client::AsyncClient& transport,
             std::function<void()> on_change);
  FeedRunner(const FeedRunner&) = delete;
  FeedRunner& operator=(const FeedRunner&) = delete;
  // What is under way is given up.
  ~FeedRunner();

  // From now on by this client; null: it waits for another one.
  void use(std::shared_ptr<Client> client);

 private:
  // What a watch has sent and the loop has not taken.
  struct Inbox;

  void run();
  void list(const ObjectFeed::Step& step);
  void watch(const ObjectFeed::Step& step);
  void take_page(absl::StatusOr<http_client::Response> answer, const std::string& what);
  void take_bytes(const std::string& bytes);
  void take_end(const absl::Status& status);
  void give_up();
  // Calls a member on the loop, unless something else has begun by then.
  template <typename Call>
  std::function<void(Call)> on_loop(std::function<void(FeedRunner&, Call)> call);

  ObjectFeed& feed_;
  TaskLoop& loop_;
  http_client::AsyncClient& transport_;
  const std::function<void()> on_change_;
  std::shared_ptr<Client> client_;
  std::stop_source stop_;
  std::shared_ptr<Inbox> inbox_;
  std::uint64_t ticket_ = 0;  // of what is under way: what comes of anything else is dropped
};

}  // namespace mex::kubernetes
