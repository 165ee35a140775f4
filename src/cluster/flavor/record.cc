#include "cluster/flavor/record.h"

#include "base/record_json.h"
#include "base/status.h"
#include "store/record_format.h"

namespace mex::cluster {

std::string to_json(const FlavorRecord& record) { return store::write_record(record); }

absl::StatusOr<FlavorRecord> flavor_record_from_json(std::string_view text, std::string_view key) {
  MEX_ASSIGN_OR_RETURN(FlavorRecord record, store::read_record<FlavorRecord>(text, key));
  if (record.revision < 1) return base::damaged_record(key, "revision: must be 1 or more");
  return record;
}

}  // namespace mex::cluster
