#include "store/store_kind.h"

#include "base/status.h"
#include "store/record_format.h"

namespace mex::store {

absl::StatusOr<int> check_store_kind(SqliteConnection& connection, const std::string& path) {
  MEX_ASSIGN_OR_RETURN(const auto application, connection.query_integer("PRAGMA application_id"));
  MEX_ASSIGN_OR_RETURN(const auto format, connection.query_integer("PRAGMA user_version"));
  MEX_ASSIGN_OR_RETURN(const auto tables,
                       connection.query_integer("SELECT count(*) FROM sqlite_master"));
  if (application == 0 && format == 0 && tables == 0) return 0;
  if (application != kStoreApplicationId) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{}: is another program's database; choose another state directory", path);
  }
  if (format > kFormat) {
    return base::error(
        absl::StatusCode::kFailedPrecondition,
        "{}: was written by a newer agent (format {}, this one knows {}); start that "
        "version, or restore a backup that this one has made",
        path, format, kFormat);
  }
  return static_cast<int>(format);
}

}  // namespace mex::store
