#include "agent/backup_command.h"

#include <fmt/format.h>

#include "agent/version.h"
#include "base/status.h"
#include "cluster/records/sealed_secrets.h"
#include "store/backup.h"

namespace mex::agent {
namespace {

store::BackupOptions backup_options(const Options& options) {
  return {.directories = {.state = options.state_dir, .certificates = options.cert_dir},
          .agent_version = std::string(version()),
          .sealed_prefix = std::string(cluster::kSecretsPrefix)};
}

}  // namespace

absl::StatusOr<std::string> back_up(const Options& options) {
  MEX_ASSIGN_OR_RETURN(const store::BackupSummary summary,
                       store::write_backup(backup_options(options), options.backup));
  return fmt::format("wrote {}: {} files, {} bytes, read again and found whole", options.backup,
                     summary.files, summary.bytes);
}

absl::StatusOr<std::string> restore(const Options& options) {
  MEX_ASSIGN_OR_RETURN(const store::BackupSummary summary,
                       store::restore_backup(backup_options(options), options.restore));
  return fmt::format("restored {} files, {} bytes, of version {} from {} to {} and {}",
                     summary.files, summary.bytes, summary.agent_version, options.restore,
                     options.state_dir, options.cert_dir);
}

}  // namespace mex::agent
