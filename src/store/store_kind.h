#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "store/sqlite_connection.h"

namespace mex::store {

// "mexa", in the header of every store (SQLite file format, section 1.3, offset 68).
inline constexpr std::int64_t kStoreApplicationId = 0x6d657861;

// The format (record_format.h) of the store in a database; 0: it is new and has nothing in it.
// `path` stands for it in messages.
//   FailedPrecondition  it was written by a newer agent or by another program
absl::StatusOr<int> check_store_kind(SqliteConnection& connection, const std::string& path);

}  // namespace mex::store
