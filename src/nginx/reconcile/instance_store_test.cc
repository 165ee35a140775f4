#include "nginx/reconcile/instance_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "nginx/model/testing.h"
#include "store/sqlite_store.h"

namespace mex::nginx {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Instance named(std::string name) {
  Instance instance = testing::three_ports();
  instance.name = std::move(name);
  return instance;
}

class InstanceStoreTest : public ::testing::Test {
 protected:
  void put(const std::string& key, const std::string& value) {
    ASSERT_TRUE(store_->commit(store::Transaction().put(key, value)).ok());
  }

  base::TemporaryDirectory directory_;
  std::unique_ptr<store::Store> store_ = *store::open_sqlite_store(directory_.path());
  InstanceStore instances_{*store_};
};

TEST_F(InstanceStoreTest, ARecordThatIsCutShortIsSetAsideAndItsPortsStayTaken) {
  const StoredInstance whole{named("a"), 0, {}};
  ASSERT_TRUE(instances_.put(whole).ok());
  const std::string text = to_json(whole);
  put("/nginx/cut-nginx-lbproxy", text.substr(0, text.size() * 3 / 4));
  put("/nginx/other-nginx-lbproxy", text);
  const auto list = instances_.list();
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ(list->front().instance.name, "a");
  EXPECT_TRUE(instances_.check_readable("a-nginx-lbproxy").ok());
  EXPECT_FALSE(instances_.check_readable("cut-nginx-lbproxy").ok());
  // As far as they can be read: the last port's number is cut off.
  EXPECT_THAT(instances_.unreadable_ports(),
              ElementsAre(UnreadablePort{8888, "cut-nginx-lbproxy"},
                          UnreadablePort{7777, "cut-nginx-lbproxy"},
                          UnreadablePort{8888, "other-nginx-lbproxy"},
                          UnreadablePort{7777, "other-nginx-lbproxy"},
                          UnreadablePort{6666, "other-nginx-lbproxy"}));
  EXPECT_EQ(store_->get("/nginx/cut-nginx-lbproxy")->value, text.substr(0, text.size() * 3 / 4));
}

TEST_F(InstanceStoreTest, APortIsANumberThatAPortCanHave) {
  put("/nginx/x", R"("external":0,"external":70000,"external":,"external":-1,"external":)");
  ASSERT_TRUE(instances_.list().ok());
  EXPECT_THAT(instances_.unreadable_ports(), IsEmpty());
}

TEST_F(InstanceStoreTest, ARuntimeThatThisVersionDoesNotKnowStaysTheInstancesRuntime) {
  ASSERT_TRUE(instances_.put({named("a"), 0, {}}).ok());
  put("/nginx-runtime", "containerd");
  EXPECT_TRUE(absl::IsDataLoss(instances_.runtime_kind().status()));
  EXPECT_TRUE(instances_.put_runtime_kind("process").ok());
  EXPECT_EQ(store_->get("/nginx-runtime")->value, "containerd");
}

}  // namespace
}  // namespace mex::nginx
