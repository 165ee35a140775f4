#include "store/backup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/secret.h"
#include "base/status.h"
#include "store/backup_file.h"
#include "store/sealing_key.h"
#include "store/sqlite_image.h"
#include "store/state_directory.h"
#include "store/store_kind.h"

namespace mex::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kState = "state/";
constexpr std::string_view kCertificates = "certificates/";
constexpr const char* kDatabase = "state/state.db";
constexpr const char* kSealingKey = "state/sealing.key";
constexpr std::size_t kMaxFile = 64U << 20U;
constexpr int kMaxTries = 20;

// What the agent makes anew: everything else in the state directory is kept, whatever it is.
bool is_made_anew(std::string_view name) {
  // The store is copied by SQLite, not as a file.
  constexpr std::array<std::string_view, 5> kFiles{"lock", "state.db", "state.db-wal",
                                                   "state.db-shm", "state.db-journal"};
  return std::find(kFiles.begin(), kFiles.end(), name) != kFiles.end();
}

// Directories of the state directory that hold nothing that lasts, and in which programs of other
// users write. The last is of an earlier version.
bool is_of_children(std::string_view name) {
  return name == "nginx" || name == "acme-order" || name == "acme-http-01";
}

// Of the certificates' directory: the pair and what lego keeps. The rest is the operator's.
bool is_certificate(std::string_view name) {
  return name == "cert.pem" || name == "key.pem" || name.starts_with("acme/");
}

// All regular files below `directory`, as "a/b", but for those of directories right below it that
// are `skipped`. None if there is no such directory.
absl::StatusOr<std::vector<std::string>> files_below(const std::string& directory,
                                                     bool (*skipped)(std::string_view)) {
  std::vector<std::string> names;
  std::error_code error;
  if (!fs::exists(directory, error)) return names;
  fs::recursive_directory_iterator each(directory, error);
  for (; !error && each != fs::recursive_directory_iterator(); each.increment(error)) {
    std::error_code gone;  // between the look and the question: then it is none
    if (each.depth() == 0 && skipped(each->path().filename().string())) {
      each.disable_recursion_pending();
    } else if (each->is_regular_file(gone)) {
      names.push_back(each->path().lexically_relative(directory).string());
    }
  }
  if (!error) return names;
  return base::errno_status(error.value(), directory);
}

absl::StatusOr<std::optional<KeptFile>> read_kept(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return base::errno_status(errno, path);
  }
  auto content = base::read_file(path, kMaxFile);
  if (absl::IsNotFound(content.status())) return std::nullopt;
  MEX_RETURN_IF_ERROR(content.status());
  return KeptFile{.mode = info.st_mode & 0777U, .content = *std::move(content)};
}

absl::StatusOr<KeptFiles> read_files(const AgentDirectories& directories) {
  KeptFiles files;
  const auto add = [&](const std::string& directory, std::string_view prefix, auto is_skipped,
                       auto is_kept) -> absl::Status {
    MEX_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_below(directory, is_skipped));
    for (const std::string& name : names) {
      if (!is_kept(name)) continue;
      MEX_ASSIGN_OR_RETURN(std::optional<KeptFile> file, read_kept(directory + "/" + name));
      if (file) files.emplace(std::string(prefix) + name, *std::move(file));
    }
    return absl::OkStatus();
  };
  MEX_RETURN_IF_ERROR(add(directories.state, kState, is_of_children,
                          [](std::string_view name) { return !is_made_anew(name); }));
  MEX_RETURN_IF_ERROR(add(
      directories.certificates, kCertificates, [](std::string_view) { return false; },
      is_certificate));
  return files;
}

// Files that belong together (a certificate and its key) are changed one after the other: what two
// looks in a row have found is of one moment.
absl::StatusOr<KeptFiles> read_files_of_one_moment(const AgentDirectories& directories) {
  MEX_ASSIGN_OR_RETURN(KeptFiles before, read_files(directories));
  for (int i = 0; i < kMaxTries; ++i) {
    MEX_ASSIGN_OR_RETURN(KeptFiles now, read_files(directories));
    if (now == before) return now;
    before = std::move(now);
  }
  return base::error(absl::StatusCode::kUnavailable,
                     "files in {} or {} are changed again and again; try again later",
                     directories.state, directories.certificates);
}

absl::StatusOr<std::vector<std::string>> sealed_records(SqliteConnection& database,
                                                        const std::string& prefix) {
  MEX_ASSIGN_OR_RETURN(SqliteStatement rows,
                       database.prepare("SELECT value FROM entries WHERE key >= ?1 AND key < ?2"));
  const std::string end = prefix + '\xff';
  rows.bind_text(1, prefix).bind_text(2, end);
  std::vector<std::string> sealed;
  for (;;) {
    const int result = rows.step();
    if (result == SQLITE_DONE) return sealed;
    if (result != SQLITE_ROW) return database.error(result);
    sealed.push_back(rows.column_bytes(0));
  }
}

// Whether an agent of this version would go on with these files as with those they were copied
// from.
absl::Status check_whole(const KeptFiles& files, const std::string& sealed_prefix,
                         const std::string& where) {
  const auto database = files.find(kDatabase);
  if (database == files.end()) {
    return base::error(absl::StatusCode::kDataLoss, "{}: holds no store", where);
  }
  MEX_ASSIGN_OR_RETURN(SqliteConnection image,
                       open_image(database->second.content, where + ": state.db"));
  MEX_ASSIGN_OR_RETURN(const int format, check_store_kind(image, where + ": state.db"));
  if (format == 0) {
    return base::error(absl::StatusCode::kDataLoss, "{}: state.db: holds no store", where);
  }
  MEX_ASSIGN_OR_RETURN(const auto sealed, sealed_records(image, sealed_prefix));
  if (sealed.empty()) return absl::OkStatus();
  const auto key = files.find(kSealingKey);
  if (key == files.end()) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{}: sealing.key is missing, and {} records are sealed with it", where,
                       sealed.size());
  }
  MEX_ASSIGN_OR_RETURN(const Sealer sealer, Sealer::from_key(base::Secret(key->second.content),
                                                             where + ": sealing.key"));
  if (is_key_of(sealer, sealed)) return absl::OkStatus();
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "{}: sealing.key is not the key of its {} sealed records", where,
                     sealed.size());
}

BackupSummary summary_of(const Backup& backup) {
  BackupSummary summary{.agent_version = backup.agent_version, .files = backup.files.size()};
  for (const auto& [name, file] : backup.files) summary.bytes += file.content.size();
  return summary;
}

absl::StatusOr<std::string> place_of(const std::string& name, const AgentDirectories& directories) {
  if (name.starts_with(kState)) return directories.state + "/" + name.substr(kState.size());
  if (name.starts_with(kCertificates)) {
    return directories.certificates + "/" + name.substr(kCertificates.size());
  }
  return base::error(absl::StatusCode::kDataLoss, "the file {} belongs nowhere", name);
}

absl::Status check_empty(const std::string& directory) {
  std::error_code error;
  if (!fs::exists(directory, error)) return absl::OkStatus();
  for (fs::directory_iterator each(directory, error); !error && each != fs::directory_iterator();
       each.increment(error)) {
    const std::string name = each->path().filename();
    // A socket holds nothing: no one listens there any more.
    if ("/" + name == StateDirectory::kLockName || each->is_socket()) continue;
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "state directory {}: is not empty ({}); a backup is restored into an empty "
                       "one only",
                       directory, name);
  }
  return error ? base::errno_status(error.value(), directory) : absl::OkStatus();
}

// A certificate that is there may be newer than the backup's.
absl::Status check_places(const Backup& backup, const AgentDirectories& directories) {
  for (const auto& [name, file] : backup.files) {
    MEX_ASSIGN_OR_RETURN(const std::string place, place_of(name, directories));
    if (!name.starts_with(kCertificates)) continue;
    MEX_ASSIGN_OR_RETURN(const std::optional<KeptFile> present, read_kept(place));
    if (!present || present->content == file.content) continue;
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{}: is there, and another one than in the backup; move it away, or give "
                       "-cert another directory",
                       place);
  }
  return absl::OkStatus();
}

// For root: what is restored for another user has to be readable to him.
absl::Status give_to_owner(const std::string& path, const std::string& directory) {
  if (geteuid() != 0) return absl::OkStatus();
  struct stat owner {};
  if (stat(directory.c_str(), &owner) != 0) return base::errno_status(errno, directory);
  if (chown(path.c_str(), owner.st_uid, owner.st_gid) == 0) return absl::OkStatus();
  return base::errno_status(errno, path);
}

absl::Status put_back(const std::string& name, const KeptFile& file,
                      const AgentDirectories& directories) {
  const bool is_state = name.starts_with(kState);
  const std::string& root = is_state ? directories.state : directories.certificates;
  MEX_ASSIGN_OR_RETURN(const std::string place, place_of(name, directories));
  const fs::path inside = fs::path(place).lexically_relative(root).parent_path();
  std::string parent = root;
  MEX_RETURN_IF_ERROR(base::make_directories(parent, is_state ? 0700 : 0755));
  for (const fs::path& part : inside) {
    parent += "/" + part.string();
    MEX_RETURN_IF_ERROR(base::make_directories(parent, 0700));
    MEX_RETURN_IF_ERROR(give_to_owner(parent, root));
  }
  const mode_t mode = is_state ? file.mode & 0700U : file.mode;
  MEX_RETURN_IF_ERROR(base::write_file_atomically(place, file.content, mode));
  return give_to_owner(place, root);
}

absl::Status check_put_back(const Backup& backup, const AgentDirectories& directories) {
  for (const auto& [name, file] : backup.files) {
    MEX_ASSIGN_OR_RETURN(const std::string place, place_of(name, directories));
    MEX_ASSIGN_OR_RETURN(const std::optional<KeptFile> present, read_kept(place));
    if (present && present->content == file.content) continue;
    return base::error(absl::StatusCode::kDataLoss, "{}: is not as it was written", place);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BackupSummary> write_backup(const BackupOptions& options, const std::string& path) {
  const std::string& state = options.directories.state;
  Backup backup{.agent_version = options.agent_version, .files = {}};
  // The store first: whatever it is sealed with is a file by then.
  MEX_ASSIGN_OR_RETURN(std::string image, image_of_database(state + StateDirectory::kDatabaseName));
  MEX_ASSIGN_OR_RETURN(backup.files, read_files_of_one_moment(options.directories));
  backup.files[kDatabase] = {.mode = 0600, .content = std::move(image)};
  MEX_RETURN_IF_ERROR(check_whole(backup.files, options.sealed_prefix, state));
  MEX_RETURN_IF_ERROR(write_backup_file(backup, path));
  return summary_of(backup);
}

absl::StatusOr<BackupSummary> restore_backup(const BackupOptions& options,
                                             const std::string& path) {
  const AgentDirectories& directories = options.directories;
  MEX_ASSIGN_OR_RETURN(const Backup backup, read_backup_file(path));
  MEX_RETURN_IF_ERROR(check_whole(backup.files, options.sealed_prefix, path));
  MEX_RETURN_IF_ERROR(check_places(backup, directories));
  MEX_RETURN_IF_ERROR(check_empty(directories.state));
  MEX_ASSIGN_OR_RETURN(const StateDirectory state, StateDirectory::open(directories.state));
  MEX_RETURN_IF_ERROR(check_empty(directories.state));
  const std::string marker = directories.state + StateDirectory::kRestoringName;
  MEX_RETURN_IF_ERROR(base::write_file_atomically(marker, "", 0600));
  MEX_RETURN_IF_ERROR(
      give_to_owner(directories.state + StateDirectory::kLockName, directories.state));
  for (const auto& [name, file] : backup.files) {
    MEX_RETURN_IF_ERROR(put_back(name, file, directories));
  }
  MEX_RETURN_IF_ERROR(check_put_back(backup, directories));
  if (unlink(marker.c_str()) != 0) return base::errno_status(errno, marker);
  MEX_RETURN_IF_ERROR(state.sync());
  return summary_of(backup);
}

}  // namespace mex::store
