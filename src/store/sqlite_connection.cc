#include "store/sqlite_connection.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/status.h"

namespace mex::store {
namespace {

constexpr int kBusyMilliseconds = 10'000;

absl::StatusCode code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return absl::StatusCode::kPermissionDenied;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

}  // namespace

// SQLITE_STATIC is a null destructor: the caller keeps the bytes.
SqliteStatement& SqliteStatement::bind_text(int parameter, std::string_view value) {
  sqlite3_bind_text64(statement_.get(), parameter, value.data(), value.size(), nullptr,
                      SQLITE_UTF8);
  return *this;
}

SqliteStatement& SqliteStatement::bind_blob(int parameter, std::string_view value) {
  sqlite3_bind_blob64(statement_.get(), parameter, value.data(), value.size(), nullptr);
  return *this;
}

SqliteStatement& SqliteStatement::bind_integer(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}

std::string SqliteStatement::column_bytes(int column) {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::int64_t SqliteStatement::column_integer(int column) {
  return sqlite3_column_int64(statement_.get(), column);
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

absl::StatusOr<SqliteConnection> SqliteConnection::open_with(const std::string& path, int flags) {
  sqlite3* database = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &database,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | flags, nullptr);
  // Also a failed open hands out an object that has to be closed.
  SqliteConnection connection(path, database);
  if (result != SQLITE_OK) return connection.error(result);
  sqlite3_extended_result_codes(database, 1);
  return connection;
}

absl::StatusOr<SqliteConnection> SqliteConnection::open(const std::string& path) {
  return open_with(path, SQLITE_OPEN_CREATE);
}

absl::StatusOr<SqliteConnection> SqliteConnection::open_existing(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return base::errno_status(errno, path);
  MEX_ASSIGN_OR_RETURN(SqliteConnection connection, open_with(path, 0));
  // Another process may have it.
  sqlite3_busy_timeout(connection.database_.get(), kBusyMilliseconds);
  return connection;
}

absl::StatusOr<SqliteConnection> SqliteConnection::open_serialized(std::string_view bytes,
                                                                   std::string name) {
  MEX_ASSIGN_OR_RETURN(SqliteConnection connection, open_with(":memory:", 0));
  connection.path_ = std::move(name);
  auto* copy = static_cast<unsigned char*>(sqlite3_malloc64(bytes.size()));
  if (copy == nullptr) return connection.error(SQLITE_NOMEM);
  std::copy(bytes.begin(), bytes.end(), copy);
  const auto size = static_cast<sqlite3_int64>(bytes.size());
  // SQLite frees the copy, also if this fails.
  const int result = sqlite3_deserialize(connection.database_.get(), "main", copy, size, size,
                                         SQLITE_DESERIALIZE_FREEONCLOSE);
  if (result != SQLITE_OK) return connection.error(result);
  return connection;
}

absl::Status SqliteConnection::check_integrity(const char* sql) {
  MEX_ASSIGN_OR_RETURN(std::string verdict, query_text(sql));
  if (verdict == "ok") return absl::OkStatus();
  std::replace(verdict.begin(), verdict.end(), '\n', ' ');
  return base::error(absl::StatusCode::kDataLoss, "{}: {}", path_, verdict);
}

absl::Status SqliteConnection::copy_from(SqliteConnection& source) {
  sqlite3_backup* copy =
      sqlite3_backup_init(database_.get(), "main", source.database_.get(), "main");
  if (copy == nullptr) return error(sqlite3_errcode(database_.get()));
  const int step = sqlite3_backup_step(copy, -1);
  const int result = sqlite3_backup_finish(copy);
  if (step == SQLITE_DONE && result == SQLITE_OK) return absl::OkStatus();
  return source.error(result == SQLITE_OK ? step : result);
}

absl::StatusOr<std::string> SqliteConnection::serialized() {
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> bytes(
      sqlite3_serialize(database_.get(), "main", &size, 0), sqlite3_free);
  if (bytes == nullptr) return error(SQLITE_NOMEM);
  return std::string(reinterpret_cast<const char*>(bytes.get()), static_cast<std::size_t>(size));
}

absl::Status SqliteConnection::execute(const char* sql) {
  const int result = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : error(result);
}

absl::StatusOr<SqliteStatement> SqliteConnection::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) return error(result);
  return SqliteStatement(statement);
}

absl::StatusOr<std::int64_t> SqliteConnection::query_integer(const char* sql) {
  MEX_ASSIGN_OR_RETURN(SqliteStatement statement, prepare(sql));
  const int result = statement.step();
  if (result == SQLITE_ROW) return statement.column_integer(0);
  if (result == SQLITE_DONE) return 0;
  return error(result);
}

absl::StatusOr<std::string> SqliteConnection::query_text(const char* sql) {
  MEX_ASSIGN_OR_RETURN(SqliteStatement statement, prepare(sql));
  const int result = statement.step();
  if (result == SQLITE_ROW) return statement.column_bytes(0);
  if (result == SQLITE_DONE) return std::string();
  return error(result);
}

absl::Status SqliteConnection::error(int result) const {
  const char* detail =
      database_ == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(database_.get());
  return base::error(code_of(result), "{}: {}", path_, detail);
}

}  // namespace mex::store
