// Records of the store, of every kind and every format: a key, a line feed, a text. Promises:
// whatever the text is, it becomes a record or is refused with DataLoss that names the key; a
// record that was read is read again as it was written; nothing throws.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "certificates/acme_record.h"
#include "cluster/records/records.h"
#include "nginx/model/stored_instance.h"
#include "oracle.h"
#include "routing/stored_host_route.h"
#include "routing/stored_route.h"
#include "store/record_format.h"

namespace {

template <typename Read>
void check(std::string_view text, std::string_view key, const Read& read) {
  const auto record = read(text, key);
  if (!record.ok()) {
    require(absl::IsDataLoss(record.status()), "a text that is no record is DataLoss");
    require(mex::base::message_of(record.status()).find(key) != std::string_view::npos,
            "a refusal names the key");
    return;
  }
  const std::string written = to_json(*record);
  const auto again = read(written, key);
  require(again.ok() && to_json(*again) == written, "a record survives its text");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  const std::string_view key = input.substr(0, end);
  const std::string_view text = input.substr(end + 1);
  const auto json = mex::store::json_of_record(text, key);
  if (json.ok()) {
    const std::string written = mex::store::text_of_record(*json);
    const auto again = mex::store::json_of_record(written, key);
    require(again.ok() && *again == *json, "the present format is not changed any more");
  }
  check(text, key, mex::cluster::cluster_record_from_json);
  check(text, key, mex::cluster::operation_record_from_json);
  check(text, key, mex::cluster::destroyed_cluster_from_json);
  check(text, key, mex::nginx::instance_from_json);
  check(text, key, mex::routing::route_from_json);
  check(text, key, mex::routing::host_route_from_json);
  check(text, mex::certificates::kAcmeRecordKey,
        [](std::string_view value, std::string_view /*there is one*/) {
          return mex::certificates::acme_record_from_json(value);
        });
  return 0;
}
