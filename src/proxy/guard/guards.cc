#include "proxy/guard/guards.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <random>
#include <string_view>

#include "base/record_limits.h"
#include "base/status.h"
#include "http/characters.h"
#include "proxy/guard/keyed_hash.h"

namespace mex::proxy::guard {

// What is counted for one route.
struct GuardState {
  explicit GuardState(std::uint64_t of_route) : id(of_route) {}

  const std::uint64_t id;
  ArrivalTime arrival{0};
  std::atomic<int> under_way{0};
};

namespace {

constexpr std::size_t kMaxRanges = 256;
constexpr std::size_t kMaxHeaderName = 64;
constexpr std::size_t kRatePlaces = std::size_t{1} << 20U;         // 8 MiB
constexpr std::size_t kConcurrencyPlaces = std::size_t{1} << 17U;  // 1 MiB

std::uint64_t random_word() {
  std::random_device random;
  return (std::uint64_t{random()} << 32U) | random();
}

// Of the process: what is counted for all routes has these sizes, and no other.
struct Tables {
  const HashSecret secret{random_word(), random_word()};
  RateTable rates{kRatePlaces};
  ConcurrencyTable requests{kConcurrencyPlaces};
};

Tables& tables() {
  static Tables tables;
  return tables;
}

std::uint64_t hash_of(const GuardState& state, std::string_view key) {
  HashSecret secret = tables().secret;
  secret.second ^= state.id;
  return keyed_hash(secret, key);
}

absl::StatusOr<std::vector<net::AddressRange>> ranges_of(const std::vector<std::string>& texts,
                                                         std::string_view field) {
  if (texts.size() > kMaxRanges) {
    return base::field_error(std::string(field),
                             fmt::format("must have at most {} ranges", kMaxRanges));
  }
  std::vector<net::AddressRange> ranges;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto range = net::AddressRange::parse(texts[i]);
    if (!range.ok()) {
      return base::field_error(fmt::format("{}[{}]", field, i), base::message_of(range.status()));
    }
    ranges.push_back(*std::move(range));
  }
  return ranges;
}

absl::Status check_rate_limit(const RateLimitSpec& spec) {
  if (spec.requests_per_second == 0 && spec != RateLimitSpec()) {
    return base::field_error("guards.rate_limit.requests_per_second", "must be 1 to 1000000");
  }
  const bool is_header = spec.key == RateKey::Header;
  const bool is_name = http::is_token(spec.header) && spec.header.size() <= kMaxHeaderName;
  if (is_header && !is_name) {
    return base::field_error("guards.rate_limit.header", "must be the name of a header");
  }
  if (!is_header && !spec.header.empty()) {
    return base::field_error("guards.rate_limit.header", "must be left out unless key is HEADER");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Guards>> Guards::create(const GuardSpec& spec) {
  static std::atomic<std::uint64_t> next_id{1};
  MEX_RETURN_IF_ERROR(base::check_limits(spec, "guards"));
  std::shared_ptr<Guards> guards(new Guards());
  MEX_ASSIGN_OR_RETURN(guards->allow_, ranges_of(spec.allow, "guards.allow"));
  MEX_ASSIGN_OR_RETURN(guards->deny_, ranges_of(spec.deny, "guards.deny"));
  MEX_RETURN_IF_ERROR(check_rate_limit(spec.rate_limit));
  guards->rate_limit_ = spec.rate_limit;
  if (const int each_second = spec.rate_limit.requests_per_second; each_second > 0) {
    const int burst = spec.rate_limit.burst;
    guards->rate_ = {.interval = std::chrono::microseconds(1'000'000 / each_second),
                     .burst = burst == 0 ? each_second : burst};
  }
  guards->concurrency_ = spec.concurrency;
  guards->max_body_ = static_cast<std::uint64_t>(spec.max_body_bytes);
  guards->state_ = std::make_shared<GuardState>(next_id.fetch_add(1));
  tables();  // made now and not by a shard
  return std::shared_ptr<const Guards>(std::move(guards));
}

bool Guards::allows(const net::Address& client) const {
  if (net::any_contains(deny_, client)) return false;
  return allow_.empty() || net::any_contains(allow_, client);
}

RateVerdict Guards::take(std::string_view key, base::SteadyTime now) const {
  if (rate_limit_.key == RateKey::Route) return guard::take(state_->arrival, rate_, now);
  return tables().rates.take(hash_of(*state_, key), rate_, now);
}

std::optional<Guards::Ticket> Guards::enter(std::string_view client) const {
  Ticket ticket;
  if (concurrency_.max_requests > 0) {
    const int before = state_->under_way.fetch_add(1, std::memory_order_relaxed);
    ticket.state_ = state_;
    if (before >= concurrency_.max_requests) return std::nullopt;
  }
  if (concurrency_.max_requests_per_client > 0) {
    const ConcurrencyTable::Entry entry = tables().requests.enter(
        hash_of(*state_, client), static_cast<std::uint64_t>(concurrency_.max_requests_per_client));
    if (!entry.is_admitted) return std::nullopt;
    ticket.place_ = entry.place;
  }
  return ticket;
}

void Guards::Ticket::leave() {
  if (state_ != nullptr) state_->under_way.fetch_sub(1, std::memory_order_relaxed);
  if (place_ != nullptr) ConcurrencyTable::leave(*place_);
  state_.reset();
  place_ = nullptr;
}

}  // namespace mex::proxy::guard
