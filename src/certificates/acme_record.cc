#include "certificates/acme_record.h"

#include "base/record_json.h"
#include "store/record_format.h"

namespace mex::certificates {

static constexpr auto fields_of(const OrderHistory*) {
  using T = OrderHistory;
  return base::fields(base::field("attempts_ms", &T::attempts),
                      base::field("successes_ms", &T::successes));
}

static constexpr auto fields_of(const AcmeRecord*) {
  using T = AcmeRecord;
  return base::fields(base::field("server", &T::server), base::field("names", &T::names),
                      base::field("is_ordering", &T::is_ordering),
                      base::field("failures", &T::failures), base::field("problem", &T::problem),
                      base::optional_field("next_attempt_ms", &T::next_attempt),
                      base::optional_field("last_attempt_ms", &T::last_attempt),
                      base::optional_field("last_success_ms", &T::last_success),
                      base::field("fingerprint", &T::fingerprint), base::flat(&T::history));
}

std::string to_json(const AcmeRecord& record) { return store::write_record(record); }

absl::StatusOr<AcmeRecord> acme_record_from_json(std::string_view text) {
  return store::read_record<AcmeRecord>(text, kAcmeRecordKey);
}

}  // namespace mex::certificates
