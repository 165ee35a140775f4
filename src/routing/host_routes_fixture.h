#pragma once

#include <gtest/gtest.h>
#include <sched.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "base/temporary_directory.h"
#include "routing/host_routes.h"
#include "store/sqlite_store.h"

namespace mex::routing {

// In its own network namespace, with the real kernel: a bridge "inside" on 10.0.0.0/24 stands
// for the host's network. Threads made from here on are in it as well.
class HostRoutesFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "needs root";
    ip("link set lo up");
    ip("link add inside type bridge");
    ip("addr add 10.0.0.1/24 dev inside");
    ip("link set inside up");
    restart();
  }

  static void ip(const std::string& arguments) {
    ASSERT_EQ(std::system(("ip " + arguments).c_str()), 0) << arguments;
  }

  // As after a kill: the next process on the same store and the same kernel.
  void restart() {
    routes_.reset();
    store_.reset();
    store_ = store::open_sqlite_store(directory_.path()).value();
    routes_ = HostRoutes::open(*store_).value();
    ASSERT_TRUE(routes_->restore().ok());
  }

  std::string table() const { return routes_->table().value(); }

  // The watcher reacts to an event: waits for it, and fails instead of hanging.
  template <typename Condition>
  void await(Condition condition) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << table();
      std::this_thread::yield();
    }
  }

  base::TemporaryDirectory directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<HostRoutes> routes_;
};

}  // namespace mex::routing
