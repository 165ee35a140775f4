#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/record.h"
#include "base/record_words.h"

// What an operator says of the origins of a route. The descriptions beside the structs are their
// form in the store and in the API, and their limits.
namespace mex::proxy::balance {

using Milliseconds = std::chrono::milliseconds;

// What a request has tried is a bit for each origin.
inline constexpr std::size_t kMaxOrigins = 64;

enum class Policy : std::uint8_t { RoundRobin, LeastRequests, RandomOfTwo, Hash, Sticky };
constexpr auto words_of(Policy) {
  return base::words<Policy>({{Policy::RoundRobin, "round_robin"},
                              {Policy::LeastRequests, "least_requests"},
                              {Policy::RandomOfTwo, "random_of_two"},
                              {Policy::Hash, "hash"},
                              {Policy::Sticky, "sticky"}});
}

enum class HashKey : std::uint8_t { ClientAddress, Header, Cookie };
constexpr auto words_of(HashKey) {
  return base::words<HashKey>({{HashKey::ClientAddress, "client_address"},
                               {HashKey::Header, "header"},
                               {HashKey::Cookie, "cookie"}});
}

enum class CheckType : std::uint8_t { None, Http, Tcp, Grpc };
constexpr auto words_of(CheckType) {
  return base::words<CheckType>({{CheckType::None, "none"},
                                 {CheckType::Http, "http"},
                                 {CheckType::Tcp, "tcp"},
                                 {CheckType::Grpc, "grpc"}});
}

struct OriginOptions {
  std::string url;
  int weight = 1;  // 0: no new requests but those that a cookie binds to it
  // Stands for the origin in cookies and says nothing of its address. Made by the agent, once.
  std::string id;
  bool operator==(const OriginOptions&) const = default;
};
constexpr auto fields_of(const OriginOptions*) {
  using T = OriginOptions;
  return base::fields(base::field("url", &T::url),
                      base::optional_field("weight", &T::weight, {0, 1000}),
                      base::optional_field("id", &T::id));
}

struct BalanceOptions {
  Policy policy = Policy::RoundRobin;
  HashKey hash_key = HashKey::ClientAddress;
  std::string hash_name;  // of the header or cookie
  std::string cookie = "mex_origin";
  // An origin that has come back, or was added to others, gets its share step by step.
  Milliseconds slow_start{};
  // With a smaller share of healthy origins all are used: what is left could not carry the load.
  int panic_percent = 20;
  bool operator==(const BalanceOptions&) const = default;
};
constexpr auto fields_of(const BalanceOptions*) {
  using T = BalanceOptions;
  return base::fields(
      base::optional_field("policy", &T::policy), base::optional_field("hash_key", &T::hash_key),
      base::optional_field("hash_name", &T::hash_name), base::optional_field("cookie", &T::cookie),
      base::optional_field("slow_start", &T::slow_start, {Milliseconds(0), std::chrono::hours(1)}),
      base::optional_field("panic_percent", &T::panic_percent, {0, 100}));
}

// When an origin gets no requests for a while because of how it answered.
struct EjectionOptions {
  int consecutive_failures = 3;                       // no connection, or no sound answer; 0: never
  int consecutive_5xx = 5;                            // 0: never
  Milliseconds base_time = std::chrono::seconds(10);  // doubles each time
  Milliseconds max_time = std::chrono::seconds(300);
  int max_percent = 50;  // of the origins, at once
  bool operator==(const EjectionOptions&) const = default;
};
constexpr auto fields_of(const EjectionOptions*) {
  using T = EjectionOptions;
  constexpr base::Limits<Milliseconds> kTime{std::chrono::seconds(1), std::chrono::hours(1)};
  return base::fields(
      base::optional_field("consecutive_failures", &T::consecutive_failures, {0, 1000}),
      base::optional_field("consecutive_5xx", &T::consecutive_5xx, {0, 1000}),
      base::optional_field("base_time", &T::base_time, kTime),
      base::optional_field("max_time", &T::max_time, kTime),
      base::optional_field("max_percent", &T::max_percent, {0, 100}));
}

// Of each origin; 0: none but the agent's own.
struct LimitOptions {
  int max_requests = 0;     // under way at once, of all shards together
  int max_connections = 0;  // a share of it for each shard, at least one
  bool operator==(const LimitOptions&) const = default;
};
constexpr auto fields_of(const LimitOptions*) {
  using T = LimitOptions;
  return base::fields(base::optional_field("max_requests", &T::max_requests, {0, 1'000'000}),
                      base::optional_field("max_connections", &T::max_connections, {0, 1'000'000}));
}

struct HealthCheckOptions {
  CheckType type = CheckType::None;
  std::string path = "/";
  std::string host;       // empty: the origin's own
  std::string service{};  // of gRPC; empty: the server as a whole
  int min_status = 200;
  int max_status = 399;
  Milliseconds interval = std::chrono::seconds(5);
  Milliseconds timeout = std::chrono::seconds(2);
  int healthy_threshold = 2;
  int unhealthy_threshold = 3;
  int jitter_percent = 20;  // of the interval, so that checks do not come together
  bool operator==(const HealthCheckOptions&) const = default;
};
constexpr auto fields_of(const HealthCheckOptions*) {
  using T = HealthCheckOptions;
  using std::chrono::hours;
  return base::fields(
      base::optional_field("type", &T::type), base::optional_field("path", &T::path),
      base::optional_field("host", &T::host), base::optional_field("service", &T::service),
      base::optional_field("min_status", &T::min_status, {200, 599}),
      base::optional_field("max_status", &T::max_status, {200, 599}),
      base::optional_field("interval", &T::interval, {Milliseconds(100), hours(1)}),
      base::optional_field("timeout", &T::timeout, {Milliseconds(50), hours(1)}),
      base::optional_field("healthy_threshold", &T::healthy_threshold, {1, 100}),
      base::optional_field("unhealthy_threshold", &T::unhealthy_threshold, {1, 100}),
      base::optional_field("jitter_percent", &T::jitter_percent, {0, 50}));
}

// 0: the agent's own.
struct TimeoutOptions {
  Milliseconds connect{};     // name, TCP and TLS
  Milliseconds first_byte{};  // of the answer, once the request is sent
  Milliseconds idle{};        // between two pieces of the answer
  Milliseconds total{};       // from the request's head to the answer's end; not of tunnels
  bool operator==(const TimeoutOptions&) const = default;
};
constexpr auto fields_of(const TimeoutOptions*) {
  using T = TimeoutOptions;
  constexpr base::Limits<Milliseconds> kTime{Milliseconds(0), std::chrono::hours(24)};
  return base::fields(base::optional_field("connect", &T::connect, kTime),
                      base::optional_field("first_byte", &T::first_byte, kTime),
                      base::optional_field("idle", &T::idle, kTime),
                      base::optional_field("total", &T::total, kTime));
}

// How a request waits while its origins are full.
struct QueueOptions {
  Milliseconds
      timeout{};         // 0: for the agent's own limits as long as it says; for others not at all
  int max_requests = 0;  // that wait; a share of it for each shard, at least one. 0: the agent's
  bool operator==(const QueueOptions&) const = default;
};
constexpr auto fields_of(const QueueOptions*) {
  using T = QueueOptions;
  return base::fields(
      base::optional_field("timeout", &T::timeout, {Milliseconds(0), std::chrono::hours(1)}),
      base::optional_field("max_requests", &T::max_requests, {0, 1'000'000}));
}

// A request goes to another origin only if none can have acted on it (balancing.md).
struct RetryOptions {
  int attempts = 2;             // besides the first
  int budget_percent = 20;      // of the requests, and a few a second
  bool gateway_errors = false;  // also when the origin answered 502, 503 or 504
  bool operator==(const RetryOptions&) const = default;
};
constexpr auto fields_of(const RetryOptions*) {
  using T = RetryOptions;
  return base::fields(base::optional_field("attempts", &T::attempts, {0, 10}),
                      base::optional_field("budget_percent", &T::budget_percent, {0, 100}),
                      base::optional_field("gateway_errors", &T::gateway_errors));
}

struct OriginSetOptions {
  std::vector<OriginOptions> origins;  // empty: the route has one origin, and nothing of this holds
  BalanceOptions balance;
  EjectionOptions ejection;
  LimitOptions limits;
  HealthCheckOptions health_check;
  TimeoutOptions timeouts;
  RetryOptions retry;
  QueueOptions queue;
  bool empty() const { return origins.empty(); }
  bool operator==(const OriginSetOptions&) const = default;
};
constexpr auto fields_of(const OriginSetOptions*) {
  using T = OriginSetOptions;
  return base::fields(
      base::optional_field("origins", &T::origins), base::optional_field("balance", &T::balance),
      base::optional_field("ejection", &T::ejection), base::optional_field("limits", &T::limits),
      base::optional_field("health_check", &T::health_check),
      base::optional_field("timeouts", &T::timeouts), base::optional_field("retry", &T::retry),
      base::optional_field("queue", &T::queue));
}

// InvalidArgument that names the field, as "<prefix>.balance.hash_name". What the URLs are is not
// looked at, but that they differ.
absl::Status check(const OriginSetOptions& options, std::string_view prefix);

}  // namespace mex::proxy::balance
