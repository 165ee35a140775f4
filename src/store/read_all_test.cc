#include "store/read_all.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/temporary_directory.h"
#include "store/sqlite_store.h"

namespace mex::store {
namespace {

using ::testing::ElementsAre;

TEST(ReadAll, LeavesOutWhatCannotBeReadAndSetsItAside) {
  const base::TemporaryDirectory directory;
  const std::unique_ptr<Store> store = *open_sqlite_store(directory.path() + "/state");
  Transaction transaction;
  transaction.put("/a/1", "one").put("/a/2", "").put("/a/3", "three").put("/b/1", "");
  ASSERT_TRUE(store->commit(transaction).ok());
  const auto read = read_all(*store, "/a/", [](const Entry& entry) -> absl::StatusOr<std::string> {
    if (entry.value.empty()) return absl::DataLossError(entry.key + ": is empty");
    return entry.value;
  });
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(*read, ElementsAre("one", "three"));
  EXPECT_THAT(store->unreadable_records(),
              ElementsAre(UnreadableRecord{.key = "/a/2", .problem = "/a/2: is empty"}));
}

}  // namespace
}  // namespace mex::store
