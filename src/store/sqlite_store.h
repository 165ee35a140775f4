#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "store/state_directory.h"
#include "store/store.h"

namespace mex::store {

// Opens `<path>/state.db`, a SQLite database in WAL mode with full synchronisation, and holds the
// directory's lock until the store is destroyed.
//   FailedPrecondition  the directory is in use, or the file was written by a newer agent or by
//                       another program
//   DataLoss            the file is damaged
absl::StatusOr<std::unique_ptr<Store>> open_sqlite_store(const std::string& path);

}  // namespace mex::store
