#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mex::store {

// A file as it is kept in a backup.
struct KeptFile {
  mode_t mode = 0600;
  std::string content;

  bool operator==(const KeptFile&) const = default;
};

// By their names in the backup: "state/state.db". Names are relative, and lead nowhere else.
using KeptFiles = std::map<std::string, KeptFile>;

// A backup on disk: an SQLite database with a table of files and their SHA-256, so that what is cut
// or changed is found, and `sqlite3` shows what is in it.
struct Backup {
  std::string agent_version;  // that wrote it
  KeptFiles files;
};

// Writes `backup` to `path`, which must not exist, with mode 0600, and to the disk. AlreadyExists;
// the errors of the file system. A failed call leaves nothing behind.
absl::Status write_backup_file(const Backup& backup, const std::string& path);

//   NotFound             there is no such file
//   FailedPrecondition   not a backup of this program, or of a later version
//   DataLoss             cut short or changed; says where
absl::StatusOr<Backup> read_backup_file(const std::string& path);

}  // namespace mex::store
