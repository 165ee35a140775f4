#include "store/agent_id.h"

#include <gtest/gtest.h>

#include "base/temporary_directory.h"
#include "store/sqlite_store.h"

namespace mex::store {
namespace {

class AgentIdTest : public ::testing::Test {
 protected:
  void put(std::string value) {
    Transaction transaction;
    transaction.put("/agent/id", std::move(value));
    ASSERT_TRUE(store_->commit(transaction).ok());
  }

  base::TemporaryDirectory directory_;
  std::unique_ptr<Store> store_ = *open_sqlite_store(directory_.path() + "/state");
};

TEST_F(AgentIdTest, IsMadeOnce) {
  const auto made = load_or_make_agent_id(*store_, "/agent/id");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->size(), kAgentIdLength);
  EXPECT_EQ(load_or_make_agent_id(*store_, "/agent/id").value(), *made);
  EXPECT_NE(load_or_make_agent_id(*store_, "/dns/agent").value(), *made);
}

TEST_F(AgentIdTest, ThatIsNoneIsSetAsideAndNotReplaced) {
  for (const char* damaged : {"", "k3v9x2a", "k3v9x2ab ", "3v9x2abk", "K3V9X2AB"}) {
    put(damaged);
    EXPECT_TRUE(absl::IsDataLoss(load_or_make_agent_id(*store_, "/agent/id").status())) << damaged;
    EXPECT_TRUE(store_->is_set_aside("/agent/id"));
    EXPECT_EQ(store_->get("/agent/id")->value, damaged);
    store_ = nullptr;  // what is set aside is not stored
    store_ = *open_sqlite_store(directory_.path() + "/state");
  }
}

}  // namespace
}  // namespace mex::store
