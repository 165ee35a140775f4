#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

// Everything of an agent that lasts, in one file and back. docs/operations.md names what is in it.
namespace mex::store {

// The directories of an agent.
struct AgentDirectories {
  std::string state;
  std::string certificates;  // -cert
};

struct BackupOptions {
  AgentDirectories directories;
  std::string agent_version;
  std::string sealed_prefix;  // below it in the store lies what is sealed
};

struct BackupSummary {
  std::string agent_version;  // that wrote it
  std::size_t files = 0;
  std::size_t bytes = 0;  // of the files
};

// Writes what the directories hold at one moment to `path`, also while the agent works with them,
// and reads it again to see that it is whole.
//   AlreadyExists       there is a file at `path`
//   NotFound            there is no store in the state directory
//   FailedPrecondition  it would not be whole: the sealing key is missing or another one
//   DataLoss            the store is damaged
//   Unavailable         files were changed again and again
absl::StatusOr<BackupSummary> write_backup(const BackupOptions& options, const std::string& path);

// Puts everything back, with its modes and, for root, with the owner of the directory that it goes
// to. Nothing is written before the whole backup has been read and found right.
//   FailedPrecondition  the state directory is not empty, or a certificate that is there is another
//                       one than in the backup; or as read_backup_file()
//   DataLoss            the backup is damaged
absl::StatusOr<BackupSummary> restore_backup(const BackupOptions& options, const std::string& path);

}  // namespace mex::store
