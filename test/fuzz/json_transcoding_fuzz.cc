// REST calls into messages and back. Input: "METHOD target\nbody". Promises: what is not JSON is
// refused; what is taken survives the way into JSON and back unchanged, and has no unknown names
// then; a refusal has a text.

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Fixture fixture;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line_end = std::min(input.find('\n'), input.size());
  const std::string_view line = input.substr(0, line_end);
  const std::string_view body = input.substr(std::min(line_end + 1, input.size()));
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view target = line.substr(std::min(space + 1, line.size()));
  const std::size_t mark = std::min(target.find('?'), target.size());

  const Lookup lookup = fixture.rules.find(line.substr(0, space), target.substr(0, mark));
  if (lookup.rule == nullptr) return 0;
  const auto request =
      make_request(*lookup.rule, lookup.bindings, target.substr(std::min(mark + 1, target.size())),
                   body, fixture.schema.factory());
  if (!request.ok()) {
    require(!request.status().message().empty(), "a refusal says why");
    return 0;
  }
  const bool blank = body.find_first_not_of(" \t\r\n") == std::string_view::npos;
  require(blank || nlohmann::json::accept(body), "what is taken is JSON");
  check_round_trip(fixture, *request->message);
  return 0;
}
