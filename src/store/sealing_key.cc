#include "store/sealing_key.h"

#include <algorithm>
#include <vector>

#include "base/status.h"

namespace mex::store {

absl::StatusOr<Sealer> open_sealer(const Store& store, std::string_view prefix,
                                   const std::string& key_path) {
  MEX_ASSIGN_OR_RETURN(const std::vector<Entry> entries, store.list(prefix));
  std::vector<std::string> sealed;
  for (const Entry& entry : entries) sealed.push_back(entry.value);
  if (sealed.empty()) return Sealer::open(key_path);
  auto sealer = Sealer::load(key_path);
  if (absl::IsNotFound(sealer.status())) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{}: the sealing key is missing, and {} records are sealed with it; put the "
                       "file back from a backup, and start again",
                       key_path, sealed.size());
  }
  if (!sealer.ok()) return sealer;
  if (is_key_of(*sealer, sealed)) return sealer;
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "{}: is not the sealing key with which the {} sealed records of this state "
                     "directory were made; put the right file back from a backup, and start again",
                     key_path, sealed.size());
}

bool is_key_of(const Sealer& sealer, const std::vector<std::string>& sealed) {
  return sealed.empty() || std::any_of(sealed.begin(), sealed.end(), [&](const std::string& each) {
           return sealer.has_sealed(each);
         });
}

}  // namespace mex::store
