#include "store/backup_file.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/json_text.h"
#include "base/status.h"
#include "store/sqlite_connection.h"

namespace mex::store {
namespace {

// "mexb", in the header of every backup.
constexpr std::int64_t kBackupApplicationId = 0x6d657862;
constexpr std::int64_t kBackupFormat = 1;

// Without a journal: the file counts only when it is whole.
constexpr const char* kBackupSchema =
    "PRAGMA journal_mode = OFF;"
    "PRAGMA synchronous = OFF;"
    "BEGIN;"
    "CREATE TABLE backup (agent_version TEXT NOT NULL, files INTEGER NOT NULL);"
    "CREATE TABLE files (name TEXT PRIMARY KEY, mode INTEGER NOT NULL, sha256 BLOB NOT NULL,"
    " content BLOB NOT NULL);"
    "PRAGMA application_id = 0x6d657862;"
    "PRAGMA user_version = 1;";

std::string sha256(std::string_view content) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data());
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// What a name leads to is decided by who restores: never out of his directories.
bool is_safe_name(const std::string& name) {
  const std::filesystem::path path(name);
  return !name.empty() && path.is_relative() && name.find('\0') == std::string::npos &&
         path.lexically_normal().string() == name &&
         std::all_of(path.begin(), path.end(), [](const std::filesystem::path& part) {
           return !part.empty() && part != "." && part != "..";
         });
}

absl::Status run(SqliteConnection& database, SqliteStatement& statement) {
  const int result = statement.step();
  statement.reset();
  return result == SQLITE_DONE ? absl::OkStatus() : database.error(result);
}

absl::Status fill(SqliteConnection& database, const Backup& backup) {
  MEX_RETURN_IF_ERROR(database.execute(kBackupSchema));
  MEX_ASSIGN_OR_RETURN(SqliteStatement head,
                       database.prepare("INSERT INTO backup VALUES (?1, ?2)"));
  head.bind_text(1, backup.agent_version)
      .bind_integer(2, static_cast<std::int64_t>(backup.files.size()));
  MEX_RETURN_IF_ERROR(run(database, head));
  MEX_ASSIGN_OR_RETURN(SqliteStatement add,
                       database.prepare("INSERT INTO files VALUES (?1, ?2, ?3, ?4)"));
  for (const auto& [name, file] : backup.files) {
    const std::string digest = sha256(file.content);
    add.bind_text(1, name).bind_integer(2, file.mode).bind_blob(3, digest);
    add.bind_blob(4, file.content);
    MEX_RETURN_IF_ERROR(run(database, add));
  }
  return database.execute("COMMIT");
}

absl::Status sync(const std::string& path) {
  const base::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 || fsync(file.get()) != 0) return base::errno_status(errno, path);
  return absl::OkStatus();
}

absl::Status write_new(const Backup& backup, const std::string& path) {
  {
    MEX_ASSIGN_OR_RETURN(SqliteConnection database, SqliteConnection::open_existing(path));
    MEX_RETURN_IF_ERROR(fill(database, backup));
  }
  MEX_RETURN_IF_ERROR(sync(path));
  const std::string parent = std::filesystem::absolute(path).parent_path();
  return sync(parent);
}

absl::Status check_kind(SqliteConnection& database, const std::string& path) {
  const auto application = database.query_integer("PRAGMA application_id");
  if (!application.ok() || *application != kBackupApplicationId) {
    return base::error(absl::StatusCode::kFailedPrecondition, "{}: is not a backup of mexosagent",
                       path);
  }
  MEX_ASSIGN_OR_RETURN(const std::int64_t format, database.query_integer("PRAGMA user_version"));
  if (format > kBackupFormat) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{}: was written by a newer agent (backup format {}, this one knows {})",
                       path, format, kBackupFormat);
  }
  MEX_ASSIGN_OR_RETURN(const std::int64_t pages, database.query_integer("PRAGMA page_count"));
  MEX_ASSIGN_OR_RETURN(const std::int64_t page, database.query_integer("PRAGMA page_size"));
  // SQLite takes what is cut off the last page for zeros.
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  if (unknown || std::cmp_not_equal(size, pages * page)) {
    return base::error(absl::StatusCode::kDataLoss, "{}: has {} bytes instead of {}", path, size,
                       pages * page);
  }
  return database.check_integrity("PRAGMA integrity_check(1)");
}

absl::StatusOr<KeptFiles> read_files(SqliteConnection& database, const std::string& path) {
  MEX_ASSIGN_OR_RETURN(SqliteStatement rows,
                       database.prepare("SELECT name, mode, sha256, content FROM files"));
  KeptFiles files;
  for (;;) {
    const int result = rows.step();
    if (result == SQLITE_DONE) return files;
    if (result != SQLITE_ROW) return database.error(result);
    const std::string name = rows.column_bytes(0);
    KeptFile file{.mode = static_cast<mode_t>(rows.column_integer(1)) & 0777U,
                  .content = rows.column_bytes(3)};
    if (!is_safe_name(name) || sha256(file.content) != rows.column_bytes(2)) {
      return base::error(absl::StatusCode::kDataLoss, "{}: the file {} in it was changed", path,
                         base::quoted(name));
    }
    files.emplace(name, std::move(file));
  }
}

absl::StatusOr<Backup> read_checked(const std::string& path) {
  MEX_ASSIGN_OR_RETURN(SqliteConnection database, SqliteConnection::open_existing(path));
  MEX_RETURN_IF_ERROR(check_kind(database, path));
  Backup backup;
  MEX_ASSIGN_OR_RETURN(backup.agent_version,
                       database.query_text("SELECT agent_version FROM backup"));
  MEX_ASSIGN_OR_RETURN(const std::int64_t count,
                       database.query_integer("SELECT files FROM backup"));
  MEX_ASSIGN_OR_RETURN(backup.files, read_files(database, path));
  if (static_cast<std::int64_t>(backup.files.size()) == count) return backup;
  return base::error(absl::StatusCode::kDataLoss, "{}: holds {} files instead of {}", path,
                     backup.files.size(), count);
}

}  // namespace

absl::Status write_backup_file(const Backup& backup, const std::string& path) {
  {
    const base::Descriptor made(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (made.get() < 0 && errno == EEXIST) {
      return base::error(absl::StatusCode::kAlreadyExists,
                         "{}: exists already, and is not overwritten; choose another name", path);
    }
    if (made.get() < 0) return base::errno_status(errno, path);
  }
  absl::Status status = write_new(backup, path);
  if (status.ok()) {
    const auto read = read_backup_file(path);
    status = read.status();
    if (read.ok() && read->files != backup.files) {
      status =
          base::error(absl::StatusCode::kDataLoss, "{}: was not written as it should be", path);
    }
  }
  if (!status.ok()) unlink(path.c_str());
  return status;
}

absl::StatusOr<Backup> read_backup_file(const std::string& path) {
  auto backup = read_checked(path);
  if (backup.ok() || !absl::IsDataLoss(backup.status())) return backup;
  return base::error(absl::StatusCode::kDataLoss, "{}; the backup is damaged: take another one",
                     base::message_of(backup.status()));
}

}  // namespace mex::store
