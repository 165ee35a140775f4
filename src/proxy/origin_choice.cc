#include "proxy/origin_choice.h"

#include <netinet/in.h>

#include <algorithm>

#include "http/header_list.h"
#include "proxy/balance/hash.h"
#include "proxy/upstream/fault_code.h"

namespace mex::proxy {
namespace {

using balance::HashKey;
using balance::Outcome;
using balance::Policy;
using http::KnownHeader;

// Of the first cookie of that name (RFC 6265 section 4.2.1).
std::string_view cookie_value(const http::HeaderList& headers, std::string_view name) {
  if (!headers.has(KnownHeader::Cookie)) return {};
  for (const http::Header& header : headers) {
    if (header.known != KnownHeader::Cookie) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
      if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
        return pair.substr(name.size() + 1);
      }
    }
  }
  return {};
}

std::string_view bytes_of_ip(const net::Address& address) {
  if (address.family() == AF_INET) {
    const auto& v4 = *reinterpret_cast<const sockaddr_in*>(address.data());
    return {reinterpret_cast<const char*>(&v4.sin_addr), sizeof v4.sin_addr};
  }
  const auto& v6 = *reinterpret_cast<const sockaddr_in6*>(address.data());
  return {reinterpret_cast<const char*>(&v6.sin6_addr), sizeof v6.sin6_addr};
}

std::optional<std::uint64_t> hash_for(const balance::BalanceOptions& options,
                                      const server::Exchange& client) {
  std::string_view key;
  switch (options.hash_key) {
    case HashKey::ClientAddress:
      key = bytes_of_ip(client.connection().peer);
      break;
    case HashKey::Header:
      key = client.request().headers.value(options.hash_name);
      break;
    case HashKey::Cookie:
      key = cookie_value(client.request().headers, options.hash_name);
      break;
  }
  return key.empty() ? std::nullopt : std::optional(balance::hash_of(key));
}

bool is_gateway_error(int status) { return status >= 502 && status <= 504; }

}  // namespace

void OriginChoice::start(const route::Route& route, const server::Exchange& client,
                         std::size_t shard) {
  live_.reset();
  if (route::LiveOrigins* live = route.live_origins()) live_ = live->current(shard);
  set_ = live_ == nullptr ? route.origins() : live_->set.get();
  if (set_ == nullptr) return;
  shard_ = shard;
  request_ = {};
  attempts_ = 0;
  has_request_ = false;
  const balance::BalanceOptions& balance = options().balance;
  if (balance.policy == Policy::Hash) request_.hash = hash_for(balance, client);
  if (balance.policy == Policy::Sticky) {
    request_.sticky_id = cookie_value(client.request().headers, balance.cookie);
  }
  set_->balancer(shard).budget().on_request();
}

const route::Route* OriginChoice::first(base::SteadyTime now) {
  take_back(now);
  request_.tried = 0;
  attempts_ = 0;
  return pick(now);
}

const route::Route* OriginChoice::pass_over(base::SteadyTime now) {
  request_.tried |= std::uint64_t{1} << index_;
  take_back(now);
  return pick(now);
}

void OriginChoice::take_back(base::SteadyTime now) {
  if (!has_request_) return;
  report(Outcome::Unknown, 0, now);
  has_request_ = false;
  group().members()[index_].state->take_back_request();
}

std::string_view OriginChoice::why_none() const {
  return live_ != nullptr && live_->set == nullptr ? std::string_view(live_->why_none)
                                                   : std::string_view();
}

const route::Route* OriginChoice::pick(base::SteadyTime now) {
  request_.now = now;
  const balance::Pick pick = set_->balancer(shard_).pick(request_);
  if (pick.result != balance::Pick::Result::Found) return nullptr;
  index_ = pick.index;
  is_trial_ = pick.is_trial;
  has_request_ = true;
  is_reported_ = false;
  return &set_->route_to(index_);
}

const route::Route* OriginChoice::next(base::SteadyTime now) {
  ++attempts_;
  release(now);
  // The only origin can be asked again; one of several has had its chance.
  if (group().size() > 1) request_.tried |= std::uint64_t{1} << index_;
  return pick(now);
}

void OriginChoice::succeed(int status, base::SteadyTime now) {
  report(status >= 500 ? Outcome::ServerError : Outcome::Success, 0, now);
}

// No origin has had anything of a request that was not sent, so it costs them nothing; others are
// taken from the budget.
const route::Route* OriginChoice::after_failure(upstream::OriginFault fault,
                                                const FailedAttempt& attempt,
                                                base::SteadyTime now) {
  const bool is_stale = is_stale_connection(attempt);
  // Our own limit, or a connection that was closed while it was idle, says nothing of the origin.
  // An origin that goes refuses what comes too late.
  const bool is_its_fault = !is_stale && fault != upstream::OriginFault::TooManyConnections &&
                            fault != upstream::OriginFault::Refused;
  report(is_its_fault ? Outcome::Failure : Outcome::Unknown, upstream::fault_code(fault), now);
  if (attempts_ >= options().retry.attempts) return nullptr;
  if (is_stale || is_unsent(attempt) || is_refused(fault, attempt)) return next(now);
  if (!is_repeatable_after(fault, attempt)) return nullptr;
  return set_->balancer(shard_).budget().take(now) ? next(now) : nullptr;
}

const route::Route* OriginChoice::after_answer(int status, const FailedAttempt& attempt,
                                               base::SteadyTime now) {
  const balance::RetryOptions& retry = options().retry;
  if (!retry.gateway_errors || !is_gateway_error(status) || !is_repeatable(attempt)) return nullptr;
  if (attempts_ >= retry.attempts || !set_->balancer(shard_).budget().take(now)) return nullptr;
  succeed(status, now);
  return next(now);
}

void OriginChoice::report(Outcome outcome, std::uint8_t fault, base::SteadyTime now) {
  if (!has_request_ || is_reported_) return;
  is_reported_ = true;
  group().report(index_, outcome, fault, is_trial_, now);
}

void OriginChoice::release(base::SteadyTime now) {
  if (!has_request_) return;
  report(Outcome::Unknown, 0, now);
  has_request_ = false;
  group().members()[index_].state->end_request();
}

void OriginChoice::end(base::SteadyTime now) {
  release(now);
  set_ = nullptr;
}

std::string_view OriginChoice::new_cookie(bool is_tls) const {
  if (options().balance.policy != Policy::Sticky) return {};
  if (group().members()[index_].id == request_.sticky_id) return {};
  return set_->cookie_for(index_, is_tls);
}

upstream::OriginLimits OriginChoice::limits() const {
  const auto connections = static_cast<std::size_t>(options().limits.max_connections);
  const balance::TimeoutOptions& timeouts = options().timeouts;
  return {.max_connections =
              connections == 0 ? 0 : std::max<std::size_t>(connections / set_->shards(), 1),
          .connect_timeout = timeouts.connect,
          .first_byte_timeout = timeouts.first_byte,
          .idle_timeout = timeouts.idle};
}

}  // namespace mex::proxy
