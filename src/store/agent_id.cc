#include "store/agent_id.h"

#include "base/random_id.h"
#include "base/record_json.h"
#include "base/status.h"

namespace mex::store {

absl::StatusOr<std::string> load_or_make_agent_id(Store& store, std::string_view key) {
  const auto entry = store.get(key);
  if (entry.ok()) {
    if (base::is_random_id(entry->value, kAgentIdLength)) return entry->value;
    const absl::Status damaged = base::damaged_record(key, "it is not an agent's id");
    store.set_aside(key, damaged);
    return damaged;
  }
  if (!absl::IsNotFound(entry.status())) return entry.status();
  std::string id = base::random_id(kAgentIdLength);
  Transaction transaction;
  transaction.put(std::string(key), id);
  MEX_RETURN_IF_ERROR(store.commit(transaction).status());
  return id;
}

}  // namespace mex::store
