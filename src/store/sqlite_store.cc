#include "store/sqlite_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/mutex.h"
#include "base/status.h"
#include "store/record_format.h"
#include "store/sqlite_connection.h"
#include "store/store_kind.h"

namespace mex::store {
namespace {

constexpr const char* kSchema =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE entries (key TEXT PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE counter (revision INTEGER NOT NULL);"
    "INSERT INTO counter VALUES (0);"
    "PRAGMA application_id = 0x6d657861;"  // kStoreApplicationId
    "COMMIT;";

struct Statements {
  SqliteStatement begin;
  SqliteStatement commit;
  SqliteStatement rollback;
  SqliteStatement get;
  SqliteStatement list;
  SqliteStatement put;
  SqliteStatement erase;
  SqliteStatement next_revision;
};

absl::StatusOr<Statements> prepare_statements(SqliteConnection& connection) {
  MEX_ASSIGN_OR_RETURN(auto begin, connection.prepare("BEGIN IMMEDIATE"));
  MEX_ASSIGN_OR_RETURN(auto commit, connection.prepare("COMMIT"));
  MEX_ASSIGN_OR_RETURN(auto rollback, connection.prepare("ROLLBACK"));
  MEX_ASSIGN_OR_RETURN(
      auto get, connection.prepare("SELECT key, value, revision FROM entries WHERE key = ?1"));
  MEX_ASSIGN_OR_RETURN(auto list, connection.prepare("SELECT key, value, revision FROM entries "
                                                     "WHERE key >= ?1 AND key < ?2 ORDER BY key"));
  MEX_ASSIGN_OR_RETURN(auto put,
                       connection.prepare("INSERT OR REPLACE INTO entries VALUES (?1, ?2, ?3)"));
  MEX_ASSIGN_OR_RETURN(auto erase, connection.prepare("DELETE FROM entries WHERE key = ?1"));
  MEX_ASSIGN_OR_RETURN(
      auto next_revision,
      connection.prepare("UPDATE counter SET revision = revision + 1 RETURNING revision"));
  return Statements{std::move(begin), std::move(commit),       std::move(rollback),
                    std::move(get),   std::move(list),         std::move(put),
                    std::move(erase), std::move(next_revision)};
}

Entry entry_of(SqliteStatement& row) {
  return {row.column_bytes(0), row.column_bytes(1), row.column_integer(2)};
}

class SqliteStore final : public Store {
 public:
  SqliteStore(StateDirectory directory, SqliteConnection connection, Statements statements)
      : directory_(std::move(directory)),
        connection_(std::move(connection)),
        statements_(std::move(statements)) {}

  absl::StatusOr<Entry> get(std::string_view key) const override {
    const base::MutexLock lock(mutex_);
    return find(key);
  }

  absl::StatusOr<std::vector<Entry>> list(std::string_view prefix) const override {
    const base::MutexLock lock(mutex_);
    const SqliteUse use(statements_.list);
    // 0xff is in no UTF-8 text, so this is above every key with the prefix and below all others.
    const std::string end = std::string(prefix) + '\xff';
    statements_.list.bind_text(1, prefix).bind_text(2, end);
    std::vector<Entry> entries;
    for (;;) {
      const int result = statements_.list.step();
      if (result == SQLITE_DONE) return entries;
      if (result != SQLITE_ROW) return connection_.error(result);
      entries.push_back(entry_of(statements_.list));
    }
  }

  absl::StatusOr<Revision> commit(const Transaction& transaction) override {
    const base::MutexLock lock(mutex_);
    MEX_RETURN_IF_ERROR(check_changes(transaction));
    MEX_RETURN_IF_ERROR(run(statements_.begin));
    absl::StatusOr<Revision> revision = apply(transaction);
    absl::Status status = revision.ok() ? run(statements_.commit) : revision.status();
    if (status.ok()) {
      forget_discarded(transaction);
      return revision;
    }
    // A failed COMMIT (disk full) leaves the transaction open; a rollback without one is harmless.
    run(statements_.rollback).IgnoreError();
    return status;
  }

 private:
  absl::StatusOr<Entry> find(std::string_view key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const SqliteUse use(statements_.get);
    const int result = statements_.get.bind_text(1, key).step();
    if (result == SQLITE_ROW) return entry_of(statements_.get);
    if (result != SQLITE_DONE) return connection_.error(result);
    return base::error(absl::StatusCode::kNotFound, "{}: no such key", key);
  }

  absl::Status run(SqliteStatement& statement) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const SqliteUse use(statement);
    const int result = statement.step();
    return result == SQLITE_DONE ? absl::OkStatus() : connection_.error(result);
  }

  absl::Status check(const Transaction::Precondition& precondition) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto entry = find(precondition.key);
    if (!entry.ok() && !absl::IsNotFound(entry.status())) return entry.status();
    switch (precondition.condition) {
      case Transaction::Condition::Absent:
        if (!entry.ok()) return absl::OkStatus();
        return base::error(absl::StatusCode::kAborted, "{}: exists already", precondition.key);
      case Transaction::Condition::Exists:
        if (entry.ok()) return absl::OkStatus();
        return base::error(absl::StatusCode::kAborted, "{}: does not exist", precondition.key);
      case Transaction::Condition::AtRevision:
        if (entry.ok() && entry->revision == precondition.revision) return absl::OkStatus();
        return base::error(absl::StatusCode::kAborted, "{}: was changed meanwhile",
                           precondition.key);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Revision> next_revision() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const SqliteUse use(statements_.next_revision);
    const int result = statements_.next_revision.step();
    if (result != SQLITE_ROW) return connection_.error(result);
    const Revision revision = statements_.next_revision.column_integer(0);
    // The update is complete only when the statement has run to its end.
    const int end = statements_.next_revision.step();
    if (end != SQLITE_DONE) return connection_.error(end);
    return revision;
  }

  absl::StatusOr<Revision> apply(const Transaction& transaction)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (const auto& precondition : transaction.preconditions()) {
      MEX_RETURN_IF_ERROR(check(precondition));
    }
    MEX_ASSIGN_OR_RETURN(const Revision revision, next_revision());
    for (const auto& change : transaction.changes()) {
      SqliteStatement& statement = change.value ? statements_.put : statements_.erase;
      statement.bind_text(1, change.key);
      if (change.value) statement.bind_blob(2, *change.value).bind_integer(3, revision);
      MEX_RETURN_IF_ERROR(run(statement));
    }
    return revision;
  }

  StateDirectory directory_;  // first, so that the lock outlives the connection
  mutable base::Mutex mutex_;
  mutable SqliteConnection connection_ ABSL_GUARDED_BY(mutex_);
  mutable Statements statements_ ABSL_GUARDED_BY(mutex_);
};

// SQLite gives its -wal and -shm files the mode of the database file.
absl::Status make_private_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return base::errno_status(errno, path);
  close(fd);
  return absl::OkStatus();
}

// The number of the format is the file's user_version. It is raised before a record of the new
// format is written, so that no earlier version takes the file for its own.
absl::Status check_format(SqliteConnection& connection, const std::string& path) {
  MEX_ASSIGN_OR_RETURN(const int format, check_store_kind(connection, path));
  if (format == 0) {
    MEX_RETURN_IF_ERROR(connection.execute(kSchema));
  } else {
    MEX_RETURN_IF_ERROR(connection.check_integrity("PRAGMA quick_check(1)"));
  }
  if (format == kFormat) return absl::OkStatus();
  return connection.execute(fmt::format("PRAGMA user_version = {}", kFormat).c_str());
}

absl::StatusOr<SqliteConnection> open_database(const StateDirectory& directory) {
  const std::string path = directory.database_path();
  MEX_RETURN_IF_ERROR(make_private_file(path));
  MEX_ASSIGN_OR_RETURN(SqliteConnection connection, SqliteConnection::open(path));
  MEX_RETURN_IF_ERROR(connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"));
  MEX_RETURN_IF_ERROR(check_format(connection, path));
  MEX_RETURN_IF_ERROR(directory.sync());
  return connection;
}

absl::Status explain(const absl::Status& status) {
  if (!absl::IsDataLoss(status)) return status;
  return base::error(absl::StatusCode::kDataLoss,
                     "{}: the file is damaged or not a database; move it away or restore a copy",
                     base::message_of(status));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> open_sqlite_store(const std::string& path) {
  MEX_ASSIGN_OR_RETURN(StateDirectory directory, StateDirectory::open(path));
  absl::StatusOr<SqliteConnection> connection = open_database(directory);
  if (!connection.ok()) return explain(connection.status());
  MEX_ASSIGN_OR_RETURN(Statements statements, prepare_statements(*connection));
  return std::make_unique<SqliteStore>(std::move(directory), *std::move(connection),
                                       std::move(statements));
}

}  // namespace mex::store
