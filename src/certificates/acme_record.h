#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "certificates/acme_schedule.h"

namespace mex::certificates {

// What has become of ordering a certificate, as it is kept in the store: so that a restart neither
// forgets why nor hammers the authority.
struct AcmeRecord {
  // For what it holds: with another authority or other names it begins anew.
  std::string server;
  std::vector<std::string> names;

  bool is_ordering = false;                    // an order was begun, and its end was not seen
  int failures = 0;                            // since the last success
  std::string problem;                         // of the last attempt
  std::optional<base::WallTime> next_attempt;  // not before, after failures
  std::optional<base::WallTime> last_attempt;
  std::optional<base::WallTime> last_success;
  std::string fingerprint;  // of what was ordered last
  OrderHistory history;
};

inline constexpr std::string_view kAcmeRecordKey = "/certificates/acme/default";

std::string to_json(const AcmeRecord& record);
// DataLoss if it is not what to_json() made.
absl::StatusOr<AcmeRecord> acme_record_from_json(std::string_view text);

}  // namespace mex::certificates
