#include "store/store.h"

#include "base/log.h"
#include "base/status.h"

namespace mex::store {

void Store::set_aside(std::string_view key, const absl::Status& why) {
  if (!set_aside_.add(key, base::message_of(why))) return;
  log::error("a record cannot be read and is set aside",
             {{"key", key}, {"reason", base::message_of(why)}});
}

absl::Status Store::check_changes(const Transaction& transaction) const {
  for (const Transaction::Change& change : transaction.changes()) {
    if (!change.is_discard) MEX_RETURN_IF_ERROR(check_readable(change.key));
  }
  return absl::OkStatus();
}

void Store::forget_discarded(const Transaction& transaction) {
  for (const Transaction::Change& change : transaction.changes()) {
    if (change.is_discard) set_aside_.remove(change.key);
  }
}

}  // namespace mex::store
