#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/record.h"
#include "base/record_words.h"

namespace mex::proxy::route {

// Whose requests are counted together.
enum class RateKey : std::uint8_t { ClientAddress, Header, Route };
constexpr auto words_of(RateKey) {
  return base::words<RateKey>({{RateKey::ClientAddress, "client_address"},
                               {RateKey::Header, "header"},
                               {RateKey::Route, "route"}});
}

struct RateLimitSpec {
  int requests_per_second = 0;  // 0: any number
  int burst = 0;                // 0: as many as in a second
  RateKey key = RateKey::ClientAddress;
  std::string header{};  // of RateKey::Header

  bool operator==(const RateLimitSpec&) const = default;
};

constexpr auto fields_of(const RateLimitSpec*) {
  using T = RateLimitSpec;
  return base::fields(
      base::optional_field("requests_per_second", &T::requests_per_second, {0, 1'000'000}),
      base::optional_field("burst", &T::burst, {0, 1'000'000}),
      base::optional_field("key", &T::key), base::optional_field("header", &T::header));
}

// Requests under way at once, of all shards; 0: any number.
struct ConcurrencySpec {
  int max_requests = 0;
  int max_requests_per_client = 0;

  bool operator==(const ConcurrencySpec&) const = default;
};

constexpr auto fields_of(const ConcurrencySpec*) {
  using T = ConcurrencySpec;
  return base::fields(
      base::optional_field("max_requests", &T::max_requests, {0, 1'000'000}),
      base::optional_field("max_requests_per_client", &T::max_requests_per_client, {0, 1'000'000}));
}

// What a route asks of requests before they are served, as an operator writes it.
struct GuardSpec {
  std::vector<std::string> allow{};  // ranges of addresses; empty: all
  std::vector<std::string> deny{};   // of these
  RateLimitSpec rate_limit{};
  ConcurrencySpec concurrency{};
  int max_body_bytes = 0;  // 0: any

  bool operator==(const GuardSpec&) const = default;
};

constexpr auto fields_of(const GuardSpec*) {
  using T = GuardSpec;
  return base::fields(
      base::optional_field("allow", &T::allow), base::optional_field("deny", &T::deny),
      base::optional_field("rate_limit", &T::rate_limit),
      base::optional_field("concurrency", &T::concurrency),
      base::optional_field("max_body_bytes", &T::max_body_bytes, {0, 2'147'483'647}));
}

}  // namespace mex::proxy::route
