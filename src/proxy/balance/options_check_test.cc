#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "proxy/balance/options.h"

namespace mex::proxy::balance {
namespace {

OriginSetOptions two_origins() {
  OriginSetOptions options;
  options.origins = {{"http://10.0.0.1", 1, ""}, {"http://10.0.0.2:8080/base", 3, ""}};
  return options;
}

void expect_refused(const OriginSetOptions& options, const std::string& field) {
  const absl::Status status = check(options, "proxy");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
  EXPECT_EQ(base::detail_of(status).field, "proxy." + field) << status;
}

TEST(OptionsCheckTest, DefaultsAreFine) { EXPECT_TRUE(check(two_origins(), "proxy").ok()); }

TEST(OptionsCheckTest, BadSetsNameTheirField) {
  struct Row {
    const char* field;
    void (*spoil)(OriginSetOptions&);
  };
  constexpr auto kTooMany = kMaxOrigins + 1;
  const Row rows[] = {
      {"origins", [](auto& o) { o.origins.clear(); }},
      {"origins",
       [](auto& o) {
         o.origins.clear();
         for (std::size_t i = 0; i < kTooMany; ++i) {
           o.origins.push_back({"http://o" + std::to_string(i), 1, ""});
         }
       }},
      {"origins", [](auto& o) { o.origins[0].weight = o.origins[1].weight = 0; }},
      {"origins[1].url", [](auto& o) { o.origins[1].url = ""; }},
      {"origins[1].url", [](auto& o) { o.origins[1].url = o.origins[0].url; }},
      {"origins[0].url", [](auto& o) { o.origins[0].url = std::string(3000, 'x'); }},
      {"origins[0].weight", [](auto& o) { o.origins[0].weight = -1; }},
      {"origins[0].weight", [](auto& o) { o.origins[0].weight = 1001; }},
      {"balance.hash_name",
       [](auto& o) {
         o.balance.policy = Policy::Hash;
         o.balance.hash_key = HashKey::Header;
       }},
      {"balance.hash_name",
       [](auto& o) {
         o.balance.policy = Policy::Hash;
         o.balance.hash_key = HashKey::Cookie;
         o.balance.hash_name = "a b";
       }},
      {"balance.cookie", [](auto& o) { o.balance.cookie = "a=b; Domain"; }},
      {"balance.cookie", [](auto& o) { o.balance.cookie = ""; }},
      {"balance.panic_percent", [](auto& o) { o.balance.panic_percent = 101; }},
      {"balance.slow_start", [](auto& o) { o.balance.slow_start = std::chrono::hours(2); }},
      {"ejection.max_time", [](auto& o) { o.ejection.max_time = std::chrono::seconds(5); }},
      {"ejection.max_percent", [](auto& o) { o.ejection.max_percent = 101; }},
      {"limits.max_requests", [](auto& o) { o.limits.max_requests = -1; }},
      {"health_check.path", [](auto& o) { o.health_check.path = "health"; }},
      {"health_check.path", [](auto& o) { o.health_check.path = "/a b"; }},
      {"health_check.path", [](auto& o) { o.health_check.path = "/a\r\nX: y"; }},
      {"health_check.host", [](auto& o) { o.health_check.host = "a\r\nb"; }},
      {"health_check.host", [](auto& o) { o.health_check.host = "a/b"; }},
      {"health_check.max_status", [](auto& o) { o.health_check.max_status = 199; }},
      {"health_check.max_status",
       [](auto& o) {
         o.health_check.min_status = 300;
         o.health_check.max_status = 200;
       }},
      {"health_check.timeout", [](auto& o) { o.health_check.timeout = std::chrono::seconds(6); }},
      {"timeouts.total", [](auto& o) { o.timeouts.total = std::chrono::milliseconds(-1); }},
      {"retry.attempts", [](auto& o) { o.retry.attempts = 11; }},
  };
  for (const Row& row : rows) {
    OriginSetOptions options = two_origins();
    row.spoil(options);
    expect_refused(options, row.field);
  }
}

}  // namespace
}  // namespace mex::proxy::balance
