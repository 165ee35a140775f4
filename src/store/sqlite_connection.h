#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mex::store {

// A prepared statement, reused for the life of its connection. One thread at a time.
class SqliteStatement {
 public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement, sqlite3_finalize) {}

  // Parameters count from 1. The bytes must live until reset().
  SqliteStatement& bind_text(int parameter, std::string_view value);
  SqliteStatement& bind_blob(int parameter, std::string_view value);
  SqliteStatement& bind_integer(int parameter, std::int64_t value);

  // SQLITE_ROW, SQLITE_DONE or an error code.
  int step() { return sqlite3_step(statement_.get()); }
  // Columns count from 0.
  std::string column_bytes(int column);
  std::int64_t column_integer(int column);
  void reset();

 private:
  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_;
};

// Resets a statement when the scope ends, whichever way.
class SqliteUse {
 public:
  explicit SqliteUse(SqliteStatement& statement) : statement_(statement) {}
  SqliteUse(const SqliteUse&) = delete;
  SqliteUse& operator=(const SqliteUse&) = delete;
  ~SqliteUse() { statement_.reset(); }

 private:
  SqliteStatement& statement_;
};

// One SQLite database file, not for concurrent use.
class SqliteConnection {
 public:
  // Makes the file if there is none.
  static absl::StatusOr<SqliteConnection> open(const std::string& path);
  // NotFound if there is none.
  static absl::StatusOr<SqliteConnection> open_existing(const std::string& path);
  // A database in memory of the bytes of a file; `name` stands for it in messages.
  static absl::StatusOr<SqliteConnection> open_serialized(std::string_view bytes, std::string name);

  absl::Status execute(const char* sql);
  absl::StatusOr<SqliteStatement> prepare(const char* sql);
  // The first column of the first row; 0 if there is none.
  absl::StatusOr<std::int64_t> query_integer(const char* sql);
  absl::StatusOr<std::string> query_text(const char* sql);

  // DataLoss, in one line, if `sql` ("PRAGMA quick_check(1)") finds that the file is damaged.
  absl::Status check_integrity(const char* sql);

  // Becomes what `source` is at one moment.
  absl::Status copy_from(SqliteConnection& source);
  // The bytes that a file of the database holds.
  absl::StatusOr<std::string> serialized();

  // What SQLite's result code means for the operator; names the file.
  absl::Status error(int result) const;

 private:
  SqliteConnection(std::string path, sqlite3* database)
      : path_(std::move(path)), database_(database, sqlite3_close) {}

  static absl::StatusOr<SqliteConnection> open_with(const std::string& path, int flags);

  std::string path_;
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> database_;
};

}  // namespace mex::store
