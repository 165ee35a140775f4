#include "store/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/message_socket.h"
#include "base/status.h"
#include "base/temporary_directory.h"
#include "store/backup_file.h"
#include "store/sealing_key.h"
#include "store/sqlite_connection.h"
#include "store/sqlite_store.h"

namespace mex::store {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

mode_t kept_mode(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777U;
}

std::string content_of(const std::string& path) {
  return base::read_file(path).value_or("<cannot be read>");
}

std::vector<std::string> names_below(const std::string& directory) {
  std::vector<std::string> names;
  if (!std::filesystem::exists(directory)) return names;
  for (const auto& each : std::filesystem::directory_iterator(directory)) {
    names.push_back(each.path().filename());
  }
  return names;
}

// A state directory with everything in it, of an agent that runs.
class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    EXPECT_TRUE(store_->commit(Transaction().put("/clusters/c", "{}").put("/events/1", "{}")).ok());
    const auto sealer = open_sealer(*store_, "/sealed/", sealing_key_path(state_));
    const std::string sealed = sealer->seal(base::Secret("geheim"), "/sealed/c");
    EXPECT_TRUE(store_->commit(Transaction().put("/sealed/c", sealed)).ok());
    write(state_ + "/api.token", "token", 0600);
    write(state_ + "/kept/of_a_later_version", "kept", 0600);
    write(state_ + "/nginx/a/nginx.conf", "made anew", 0600);
    write(certificates_ + "/cert.pem", "certificate", 0644);
    write(certificates_ + "/key.pem", "key", 0600);
    write(certificates_ + "/index.html", "of the operator", 0644);
    write(certificates_ + "/acme/accounts/ca/keys/a@b.key", "account", 0600);
  }

  static void write(const std::string& path, std::string_view content, mode_t mode) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    ASSERT_TRUE(base::write_file_atomically(path, content, mode).ok());
  }
  absl::StatusOr<BackupSummary> back_up() {
    return write_backup({.directories = {state_, certificates_},
                         .agent_version = "1.2.3",
                         .sealed_prefix = "/sealed/"},
                        file_);
  }
  absl::StatusOr<BackupSummary> restore() {
    return restore_backup({.directories = {new_state_, new_certificates_},
                           .agent_version = "1.2.3",
                           .sealed_prefix = "/sealed/"},
                          file_);
  }
  // Nothing is left of a restore that was refused.
  std::string refusal(absl::StatusCode code) {
    const auto before = names_below(new_state_);
    const absl::Status status = restore().status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(names_below(new_state_), before);
    return std::string(base::message_of(status));
  }
  absl::Status change(const char* sql) {
    MEX_ASSIGN_OR_RETURN(SqliteConnection connection, SqliteConnection::open_existing(file_));
    return connection.execute(sql);
  }

  base::TemporaryDirectory directory_;
  const std::string state_ = directory_.path() + "/state";
  const std::string certificates_ = directory_.path() + "/certificates";
  const std::string new_state_ = directory_.path() + "/new/state";
  const std::string new_certificates_ = directory_.path() + "/new/certificates";
  const std::string file_ = directory_.path() + "/agent.backup";
  std::unique_ptr<Store> store_ = *open_sqlite_store(state_);
};

TEST_F(BackupTest, HoldsEverythingThatLastsAndPutsItBackWithItsModes) {
  const auto summary = back_up();
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->files, 7U);
  EXPECT_EQ(kept_mode(file_), 0600U);
  const auto restored = restore();
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->agent_version, "1.2.3");
  EXPECT_EQ(restored->files, 7U);

  EXPECT_EQ(kept_mode(new_state_), 0700U);
  for (const char* name : {"/state.db", "/sealing.key", "/api.token", "/kept/of_a_later_version"}) {
    EXPECT_EQ(kept_mode(new_state_ + name), 0600U) << name;
  }
  EXPECT_EQ(content_of(new_state_ + "/api.token"), "token");
  EXPECT_EQ(content_of(new_state_ + "/kept/of_a_later_version"), "kept");
  EXPECT_FALSE(std::filesystem::exists(new_state_ + "/nginx"));
  EXPECT_EQ(content_of(new_certificates_ + "/cert.pem"), "certificate");
  EXPECT_EQ(kept_mode(new_certificates_ + "/cert.pem"), 0644U);
  EXPECT_EQ(kept_mode(new_certificates_ + "/key.pem"), 0600U);
  EXPECT_EQ(content_of(new_certificates_ + "/acme/accounts/ca/keys/a@b.key"), "account");
  EXPECT_EQ(kept_mode(new_certificates_ + "/acme"), 0700U);
  EXPECT_FALSE(std::filesystem::exists(new_certificates_ + "/index.html"));

  const auto store = open_sqlite_store(new_state_);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->list("")->size(), 3U);
  const auto sealer = open_sealer(**store, "/sealed/", sealing_key_path(new_state_));
  ASSERT_TRUE(sealer.ok()) << sealer.status();
  EXPECT_EQ(sealer->unseal((*store)->get("/sealed/c")->value, "/sealed/c")->reveal(), "geheim");
}

TEST_F(BackupTest, HoldsWhatTheRunningAgentHasJustCommitted) {
  // It is in the write-ahead log, not in state.db yet.
  ASSERT_TRUE(store_->commit(Transaction().put("/late", "1")).ok());
  ASSERT_TRUE(back_up().ok());
  ASSERT_TRUE(store_->commit(Transaction().put("/too/late", "1")).ok());
  ASSERT_TRUE(restore().ok());
  const auto store = open_sqlite_store(new_state_);
  EXPECT_TRUE((*store)->get("/late").ok());
  EXPECT_FALSE((*store)->get("/too/late").ok());
}

TEST_F(BackupTest, OverwritesNothing) {
  write(file_, "something else", 0644);
  const absl::Status status = back_up().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(base::message_of(status), HasSubstr(file_ + ": exists already"));
  EXPECT_EQ(content_of(file_), "something else");
}

TEST_F(BackupTest, WithoutTheSealingKeyItWouldNotBeWhole) {
  ASSERT_EQ(unlink(sealing_key_path(state_).c_str()), 0);
  const absl::Status missing = back_up().status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(missing), HasSubstr("sealing.key is missing, and 1 records"));
  write(sealing_key_path(state_), std::string(32, 'x'), 0600);
  EXPECT_THAT(base::message_of(back_up().status()), HasSubstr("is not the key of its 1"));
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(BackupTest, WhereNoAgentWasThereIsNothingToBackUp) {
  const auto summary = write_backup({.directories = {directory_.path() + "/none", certificates_},
                                     .agent_version = "1",
                                     .sealed_prefix = "/sealed/"},
                                    file_);
  EXPECT_EQ(summary.status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(BackupTest, IsRestoredIntoAnEmptyStateDirectoryOnly) {
  ASSERT_TRUE(back_up().ok());
  write(new_state_ + "/state.db", "of another agent", 0600);
  EXPECT_THAT(refusal(absl::StatusCode::kFailedPrecondition),
              HasSubstr(new_state_ + ": is not empty (state.db)"));
  EXPECT_EQ(content_of(new_state_ + "/state.db"), "of another agent");
}

// The socket of an agent that has ended is left there.
TEST_F(BackupTest, ASocketIsNothingThatABackupWouldReplace) {
  ASSERT_TRUE(base::listen_message_socket(state_ + "/takeover.sock").ok());
  ASSERT_TRUE(back_up().ok());
  std::filesystem::create_directories(new_state_);
  std::filesystem::permissions(new_state_, std::filesystem::perms::owner_all);
  ASSERT_TRUE(base::listen_message_socket(new_state_ + "/takeover.sock").ok());
  const auto restored = restore();
  EXPECT_TRUE(restored.ok()) << restored.status();
}

TEST_F(BackupTest, ReplacesNoOtherCertificate) {
  ASSERT_TRUE(back_up().ok());
  write(new_certificates_ + "/cert.pem", "a newer one", 0644);
  EXPECT_THAT(refusal(absl::StatusCode::kFailedPrecondition),
              HasSubstr(new_certificates_ + "/cert.pem: is there, and another one"));
  EXPECT_EQ(content_of(new_certificates_ + "/cert.pem"), "a newer one");
  write(new_certificates_ + "/cert.pem", "certificate", 0644);
  EXPECT_TRUE(restore().ok());
}

TEST_F(BackupTest, ARestoreThatDidNotEndIsNotTakenForAStateDirectory) {
  ASSERT_TRUE(back_up().ok());
  ASSERT_TRUE(restore().ok());
  write(new_state_ + "/restoring", "", 0600);
  const auto store = open_sqlite_store(new_state_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(store.status()), HasSubstr("did not come to its end"));
}

TEST_F(BackupTest, ACutBackupIsRefusedWhereverItIsCut) {
  ASSERT_TRUE(back_up().ok());
  const std::string whole = content_of(file_);
  for (std::size_t size = 0; size < whole.size(); size += 1021) {
    ASSERT_EQ(truncate(file_.c_str(), 0), 0);
    std::ofstream(file_, std::ios::binary) << whole.substr(0, size);
    const absl::Status status = restore().status();
    EXPECT_TRUE(absl::IsDataLoss(status) || absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(base::message_of(status), HasSubstr(file_)) << size;
    EXPECT_THAT(names_below(new_state_), IsEmpty()) << size;
  }
}

TEST_F(BackupTest, AChangedByteOfAFileIsFound) {
  ASSERT_TRUE(back_up().ok());
  ASSERT_TRUE(change("UPDATE files SET content = 'tokem' WHERE name = 'state/api.token'").ok());
  EXPECT_THAT(refusal(absl::StatusCode::kDataLoss),
              HasSubstr("\"state/api.token\" in it was changed"));
}

TEST_F(BackupTest, AMissingFileIsFound) {
  ASSERT_TRUE(back_up().ok());
  ASSERT_TRUE(change("DELETE FROM files WHERE name = 'state/api.token'").ok());
  EXPECT_THAT(refusal(absl::StatusCode::kDataLoss), HasSubstr("holds 6 files instead of 7"));
}

TEST_F(BackupTest, ANewerOrForeignBackupIsNamedAsSuch) {
  ASSERT_TRUE(back_up().ok());
  ASSERT_TRUE(change("PRAGMA user_version = 2").ok());
  EXPECT_THAT(refusal(absl::StatusCode::kFailedPrecondition),
              HasSubstr("was written by a newer agent (backup format 2, this one knows 1)"));
  ASSERT_EQ(unlink(file_.c_str()), 0);
  EXPECT_EQ(restore().status().code(), absl::StatusCode::kNotFound);
  for (const std::string& content : {std::string(), std::string("not SQLite"),
                                     std::string(5000, 'x'), content_of(state_ + "/state.db")}) {
    ASSERT_TRUE(base::write_file_atomically(file_, content, 0600).ok());
    EXPECT_THAT(refusal(absl::StatusCode::kFailedPrecondition),
                HasSubstr(file_ + ": is not a backup of mexosagent"));
  }
}

TEST_F(BackupTest, ABackupOfANewerStoreIsRefusedBeforeAnythingIsWritten) {
  store_.reset();
  {
    auto connection = SqliteConnection::open_existing(state_ + "/state.db");
    ASSERT_TRUE(connection->execute("PRAGMA user_version = 77").ok());
  }
  // By the newer agent itself it would be written; this one says at once that it cannot judge it.
  EXPECT_THAT(base::message_of(back_up().status()), HasSubstr("format 77, this one knows 2"));
}

TEST_F(BackupTest, NoFileOfABackupGoesOutOfItsDirectories) {
  for (const char* name : {"../x", "state/../../x", "/x", "state//x", "state/./x", "", "other/x"}) {
    SCOPED_TRACE(name);
    unlink(file_.c_str());
    Backup backup{.agent_version = "1", .files = {}};
    backup.files[name] = {.mode = 0600, .content = "x"};
    const absl::Status written = write_backup_file(backup, file_);
    if (std::string_view(name) != "other/x") {
      EXPECT_TRUE(absl::IsDataLoss(written)) << written;  // what cannot be read again is not kept
      continue;
    }
    EXPECT_TRUE(written.ok());
    EXPECT_FALSE(restore().ok());
  }
}

}  // namespace
}  // namespace mex::store
