#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "store/sqlite_connection.h"

// Whole databases as bytes: what a file of them would hold. Secrets that lie in them touch no disk
// on the way.
namespace mex::store {

// The database at `path` as it is at one moment, also while another process writes to it. NotFound
// if there is none.
absl::StatusOr<std::string> image_of_database(const std::string& path);

// Opens a database of such bytes in memory. `name` stands for it in messages. DataLoss if it is not
// a whole one.
absl::StatusOr<SqliteConnection> open_image(std::string_view image, const std::string& name);

}  // namespace mex::store
