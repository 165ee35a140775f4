#include "certificates/acme_record.h"

#include <nlohmann/json.hpp>

#include "base/status.h"

namespace mex::certificates {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

json to_json(base::WallTime time) { return time.time_since_epoch().count(); }

json to_json(const std::vector<base::WallTime>& times) {
  json list = json::array();
  for (const base::WallTime time : times) list.push_back(to_json(time));
  return list;
}

base::WallTime time_of(const json& value) {
  return base::WallTime(milliseconds(value.get<std::int64_t>()));
}

std::vector<base::WallTime> times_of(const json& list) {
  std::vector<base::WallTime> times;
  for (const json& value : list) times.push_back(time_of(value));
  return times;
}

void put(json& object, const char* name, const std::optional<base::WallTime>& time) {
  if (time) object[name] = to_json(*time);
}

std::optional<base::WallTime> take(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return std::nullopt;
  return time_of(*found);
}

}  // namespace

std::string to_json(const AcmeRecord& record) {
  json object = {{"server", record.server},
                 {"names", record.names},
                 {"is_ordering", record.is_ordering},
                 {"failures", record.failures},
                 {"problem", record.problem},
                 {"fingerprint", record.fingerprint},
                 {"attempts_ms", to_json(record.history.attempts)},
                 {"successes_ms", to_json(record.history.successes)}};
  put(object, "next_attempt_ms", record.next_attempt);
  put(object, "last_attempt_ms", record.last_attempt);
  put(object, "last_success_ms", record.last_success);
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<AcmeRecord> acme_record_from_json(std::string_view text) {
  try {
    const json object = json::parse(text);
    AcmeRecord record;
    object.at("server").get_to(record.server);
    object.at("names").get_to(record.names);
    object.at("is_ordering").get_to(record.is_ordering);
    object.at("failures").get_to(record.failures);
    object.at("problem").get_to(record.problem);
    object.at("fingerprint").get_to(record.fingerprint);
    record.history.attempts = times_of(object.at("attempts_ms"));
    record.history.successes = times_of(object.at("successes_ms"));
    record.next_attempt = take(object, "next_attempt_ms");
    record.last_attempt = take(object, "last_attempt_ms");
    record.last_success = take(object, "last_success_ms");
    return record;
  } catch (const json::exception& problem) {
    return base::error(absl::StatusCode::kDataLoss, "{}: {}", kAcmeRecordKey, problem.what());
  }
}

}  // namespace mex::certificates
