#include "store/sqlite_image.h"

#include <cstddef>

#include "base/status.h"

namespace mex::store {
namespace {

// SQLite file format, section 1.3: the format versions for writing and reading. 1 is a database
// with a rollback journal, 2 one with a write-ahead log, which cannot be opened in memory.
constexpr std::size_t kWriteVersion = 18;
constexpr std::size_t kReadVersion = 19;
constexpr std::size_t kDatabaseHeaderBytes = 100;

}  // namespace

absl::StatusOr<std::string> image_of_database(const std::string& path) {
  MEX_ASSIGN_OR_RETURN(SqliteConnection source, SqliteConnection::open_existing(path));
  MEX_ASSIGN_OR_RETURN(SqliteConnection copy, SqliteConnection::open(":memory:"));
  MEX_RETURN_IF_ERROR(copy.copy_from(source));
  MEX_ASSIGN_OR_RETURN(std::string image, copy.serialized());
  if (image.size() >= kDatabaseHeaderBytes) image[kWriteVersion] = image[kReadVersion] = 1;
  return image;
}

absl::StatusOr<SqliteConnection> open_image(std::string_view image, const std::string& name) {
  if (image.size() < kDatabaseHeaderBytes) {
    return base::error(absl::StatusCode::kDataLoss, "{}: is not a whole database", name);
  }
  MEX_ASSIGN_OR_RETURN(SqliteConnection connection, SqliteConnection::open_serialized(image, name));
  MEX_RETURN_IF_ERROR(connection.check_integrity("PRAGMA integrity_check(1)"));
  return connection;
}

}  // namespace mex::store
