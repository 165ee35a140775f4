// REST calls into messages and back. Input: "METHOD target\nbody". Promises: what is not JSON is
// refused; what is taken survives the way into JSON and back unchanged, and has no unknown names
// then; a refusal has a text; what is taken where names are strict is taken where they
// are not, and is the same there.

#include <google/protobuf/message.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "api/transcoding/request_message.h"
#include "api/transcoding/rule_table.h"
#include "api/transcoding/test_schema.h"
#include "oracle.h"

namespace {

using namespace mex::api::transcoding;

struct Fixture {
  explicit Fixture(const char* package) : schema(package) {}

  TestSchema schema;
  RuleTable rules = *RuleTable::from_services({&schema.service("Things")});
  const Rule* whole_body = rules.find("POST", "/v1/things").rule;
};

void check_round_trip(Fixture& fixture, const google::protobuf::Message& message) {
  const auto json = reply_json(message);
  // Timestamps outside the years 1 to 9999 and the like have no JSON form.
  if (!json.ok()) return;
  const auto again = make_request(*fixture.whole_body, {}, "", *json, fixture.schema.factory());
  require(again.ok(), "our own JSON is taken");
  require(again->unknown.empty(), "our own JSON has known names only");
  // Compared as JSON: NaN is not equal to itself, and maps have no order.
  const auto json_again = reply_json(*again->message);
  require(json_again.ok() && *json_again == *json, "the same message comes back");
}

struct Call {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  std::string_view body;
};

absl::StatusOr<RequestMessage> request_of(Fixture& fixture, const Call& call) {
  const Lookup lookup = fixture.rules.find(call.method, call.path);
  return make_request(*lookup.rule, lookup.bindings, call.query, call.body,
                      fixture.schema.factory());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Fixture lenient("api");
  static Fixture strict("test");
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line_end = std::min(input.find('\n'), input.size());
  const std::string_view line = input.substr(0, line_end);
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view target = line.substr(std::min(space + 1, line.size()));
  const std::size_t mark = std::min(target.find('?'), target.size());
  const Call call{.method = line.substr(0, space),
                  .path = target.substr(0, mark),
                  .query = target.substr(std::min(mark + 1, target.size())),
                  .body = input.substr(std::min(line_end + 1, input.size()))};
  if (lenient.rules.find(call.method, call.path).rule == nullptr) return 0;

  const auto request = request_of(lenient, call);
  const auto strictly = request_of(strict, call);
  for (const auto* each : {&request, &strictly}) {
    if (each->ok()) continue;
    const std::string why(each->status().message());
    require(!why.empty(), "a refusal says why");
  }
  if (!request.ok()) {
    require(!strictly.ok(),
            "what is refused where names are lenient is refused where they are not");
    return 0;
  }
  std::string_view body = call.body;
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  const bool blank = body.find_first_not_of(" \t\r\n") == std::string_view::npos;
  require(blank || nlohmann::json::accept(body), "what is taken is JSON");
  check_round_trip(lenient, *request->message);
  if (!strictly.ok()) return 0;
  require(strictly->unknown.empty() && request->unknown.empty(), "strictly taken names are known");
  const auto one = reply_json(*request->message);
  const auto other = reply_json(*strictly->message);
  require(one.ok() == other.ok() && (!one.ok() || *one == *other), "both read the same");
  return 0;
}
