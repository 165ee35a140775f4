#include "store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "base/status.h"
#include "base/temporary_directory.h"
#include "store/sqlite_connection.h"

namespace mex::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<Store> open_or_die(const std::string& path) {
  auto store = open_sqlite_store(path);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

std::vector<std::string> keys_of(const absl::StatusOr<std::vector<Entry>>& entries) {
  std::vector<std::string> keys;
  if (!entries.ok()) return {entries.status().ToString()};
  for (const Entry& entry : *entries) keys.push_back(entry.key);
  return keys;
}

class SqliteStoreTest : public testing::Test {
 protected:
  base::TemporaryDirectory directory_;
  std::unique_ptr<Store> store_ = open_or_die(directory_.path());
};

TEST_F(SqliteStoreTest, KeepsBytesAndRevision) {
  const std::string value("a\0b\xff", 4);
  const auto first = store_->commit(Transaction().put("/a", value).put("/empty", ""));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(store_->get("/a")->value, value);
  EXPECT_EQ(store_->get("/a")->revision, *first);
  EXPECT_EQ(store_->get("/empty")->value, "");
  const auto second = store_->commit(Transaction().put("/a", "new"));
  EXPECT_EQ(*second, *first + 1);
  EXPECT_EQ(store_->get("/a")->revision, *second);
  EXPECT_EQ(store_->get("/empty")->revision, *first);
}

TEST_F(SqliteStoreTest, SaysWhenAKeyIsNotThere) {
  EXPECT_TRUE(absl::IsNotFound(store_->get("/a").status()));
  ASSERT_TRUE(store_->commit(Transaction().put("/a", "1")).ok());
  ASSERT_TRUE(store_->commit(Transaction().erase("/a").erase("/never")).ok());
  EXPECT_TRUE(absl::IsNotFound(store_->get("/a").status()));
}

TEST_F(SqliteStoreTest, ListsByPrefixInOrder) {
  ASSERT_TRUE(store_
                  ->commit(Transaction()
                               .put("/clusters/b", "")
                               .put("/clusters/a/x", "")
                               .put("/clusters/a", "")
                               .put("/clusters\xc3\xbf", "")
                               .put("/operations/1", ""))
                  .ok());
  EXPECT_THAT(keys_of(store_->list("/clusters/")),
              ElementsAre("/clusters/a", "/clusters/a/x", "/clusters/b"));
  EXPECT_THAT(keys_of(store_->list("/none")), ElementsAre());
  EXPECT_EQ(store_->list("")->size(), 5U);
}

TEST_F(SqliteStoreTest, ChangesNothingWhenAPreconditionFails) {
  const auto revision = store_->commit(Transaction().put("/a", "1"));
  const auto refused = [&](Transaction transaction, std::string_view reason) {
    const auto result = store_->commit(transaction.put("/b", "x").erase("/a"));
    EXPECT_EQ(result.status().code(), absl::StatusCode::kAborted);
    EXPECT_EQ(base::message_of(result.status()), reason);
    EXPECT_THAT(keys_of(store_->list("")), ElementsAre("/a"));
  };
  refused(Transaction().expect_absent("/a"), "/a: exists already");
  refused(Transaction().expect_exists("/a").expect_exists("/c"), "/c: does not exist");
  refused(Transaction().expect_revision("/a", *revision + 1), "/a: was changed meanwhile");
  refused(Transaction().expect_revision("/c", 1), "/c: was changed meanwhile");
}

TEST_F(SqliteStoreTest, CommitsWhenPreconditionsHold) {
  const auto revision = store_->commit(Transaction().expect_absent("/a").put("/a", "1"));
  ASSERT_TRUE(revision.ok());
  const auto next = store_->commit(
      Transaction().expect_exists("/a").expect_revision("/a", *revision).put("/a", "2"));
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(store_->get("/a")->value, "2");
}

TEST_F(SqliteStoreTest, SurvivesReopening) {
  const auto revision = store_->commit(Transaction().put("/a", "1"));
  store_.reset();
  store_ = open_or_die(directory_.path());
  EXPECT_EQ(store_->get("/a")->value, "1");
  EXPECT_EQ(*store_->commit(Transaction().put("/b", "2")), *revision + 1);
}

TEST_F(SqliteStoreTest, FilesAreForTheOwnerOnly) {
  for (const char* name : {"/state.db", "/state.db-wal", "/lock"}) {
    struct stat info {};
    ASSERT_EQ(stat((directory_.path() + name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 077U, 0U) << name;
  }
}

TEST_F(SqliteStoreTest, ServesManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kCommits = 25;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kCommits; ++i) {
        const std::string key = fmt::format("/{}/{}", t, i);
        EXPECT_TRUE(store_->commit(Transaction().expect_absent(key).put(key, "v")).ok());
        EXPECT_EQ(store_->get(key)->value, "v");
        EXPECT_TRUE(store_->list("/").ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_->list("/")->size(), std::size_t{kThreads * kCommits});
  EXPECT_EQ(*store_->commit(Transaction().put("/z", "")), kThreads * kCommits + 1);
}

TEST_F(SqliteStoreTest, OnlyOneOpenerAtATime) {
  const auto second = open_sqlite_store(directory_.path());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(second.status()), HasSubstr(directory_.path()));
}

// Everything acknowledged before the kill is there afterwards, and whole.
TEST(SqliteStoreDurability, SurvivesKill) {
  const base::TemporaryDirectory directory;
  std::array<int, 2> acknowledged{};
  ASSERT_EQ(pipe(acknowledged.data()), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = open_sqlite_store(directory.path());
    for (int i = 0; store.ok(); ++i) {
      const Transaction pair =
          Transaction().put(fmt::format("/l/{:06}", i), "").put(fmt::format("/r/{:06}", i), "");
      if (!(*store)->commit(pair).ok()) break;
      if (write(acknowledged[1], "x", 1) != 1) break;
    }
    _exit(1);
  }
  close(acknowledged[1]);
  std::array<char, 20> seen;
  std::size_t count = 0;
  while (count < seen.size()) {
    const ssize_t got = read(acknowledged[0], seen.data(), seen.size() - count);
    ASSERT_GT(got, 0);
    count += static_cast<std::size_t>(got);
  }
  kill(child, SIGKILL);
  for (ssize_t got = 1; got > 0; count += static_cast<std::size_t>(got)) {
    got = read(acknowledged[0], seen.data(), seen.size());
    ASSERT_GE(got, 0);
  }
  close(acknowledged[0]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));

  const auto store = open_or_die(directory.path());
  const auto left = store->list("/l/");
  const auto right = store->list("/r/");
  ASSERT_TRUE(left.ok() && right.ok());
  EXPECT_GE(left->size(), count);
  EXPECT_LE(left->size(), count + 1);  // one commit may have come too late to be acknowledged
  EXPECT_EQ(left->size(), right->size());
}

absl::Status damage(const std::string& directory, const char* sql) {
  MEX_ASSIGN_OR_RETURN(SqliteConnection connection,
                       SqliteConnection::open(directory + "/state.db"));
  return connection.execute(sql);
}

TEST(SqliteStoreFile, RefusesANewerFormatInOneClearLine) {
  const base::TemporaryDirectory directory;
  open_or_die(directory.path());
  ASSERT_TRUE(damage(directory.path(), "PRAGMA user_version = 3").ok());
  const auto store = open_sqlite_store(directory.path());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(store.status()),
              HasSubstr("state.db: was written by a newer agent (format 3, this one knows 2)"));
}

TEST(SqliteStoreFile, TakesAnOlderFormatAndMarksItAsItsOwn) {
  const base::TemporaryDirectory directory;
  ASSERT_TRUE(open_or_die(directory.path())->commit(Transaction().put("/a", "1")).ok());
  ASSERT_TRUE(damage(directory.path(), "PRAGMA user_version = 1").ok());
  EXPECT_EQ(open_or_die(directory.path())->get("/a")->value, "1");
  auto connection = SqliteConnection::open(directory.path() + "/state.db");
  EXPECT_EQ(*connection->query_integer("PRAGMA user_version"), 2);
}

TEST(SqliteStoreFile, RefusesAnotherProgramsDatabase) {
  const base::TemporaryDirectory directory;
  ASSERT_TRUE(damage(directory.path(), "CREATE TABLE guests (name TEXT)").ok());
  const auto store = open_sqlite_store(directory.path());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(store.status()), HasSubstr("another program's database"));
}

TEST(SqliteStoreFile, RefusesWhatIsNoDatabase) {
  const base::TemporaryDirectory directory;
  std::ofstream(directory.path() + "/state.db") << std::string(5000, 'x');
  const auto store = open_sqlite_store(directory.path());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << store.status();
  EXPECT_THAT(base::message_of(store.status()), HasSubstr("state.db: file is not a database"));
  EXPECT_EQ(base::read_file(directory.path() + "/state.db")->size(), 5000U);
}

TEST(SqliteStoreFile, RefusesDamage) {
  const base::TemporaryDirectory directory;
  {
    const auto store = open_or_die(directory.path());
    for (int i = 0; i < 50; ++i) {
      const std::string key = fmt::format("/k/{}", i);
      ASSERT_TRUE(store->commit(Transaction().put(key, std::string(1000, 'v'))).ok());
    }
  }
  std::fstream file(directory.path() + "/state.db", std::ios::in | std::ios::out);
  file.seekp(4096);
  file << std::string(4096, 'x');
  file.close();
  const auto store = open_sqlite_store(directory.path());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << store.status();
}

}  // namespace
}  // namespace mex::store
