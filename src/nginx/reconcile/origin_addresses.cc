#include "nginx/reconcile/origin_addresses.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "base/freed.h"
#include "base/status.h"
#include "nginx/model/grammar.h"

namespace mex::nginx {
namespace {

// getaddrinfo does not report how long an answer is valid.
constexpr std::chrono::seconds kLookUpAgain{30};
constexpr std::chrono::seconds kTryAgain{10};

absl::StatusOr<std::vector<std::string>> addresses_of(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;  // each address once
  addrinfo* first = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &first);
  const std::unique_ptr<addrinfo, base::Freed<freeaddrinfo>> owner(first);
  if (error != 0) {
    return base::error(absl::StatusCode::kFailedPrecondition, "{}: {}", name, gai_strerror(error));
  }
  std::vector<std::string> addresses;
  for (const addrinfo* each = first; each != nullptr; each = each->ai_next) {
    addresses.push_back(net::Address::from_sockaddr(each->ai_addr, each->ai_addrlen).ip_text());
  }
  // Name servers change the order with every answer.
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

}  // namespace

const OriginAddresses::Known& OriginAddresses::look_up(const std::string& name, bool is_asked) {
  Known& known = known_[name];
  const base::SteadyTime now = clock_.steady_now();
  if (now < known.until && (known.status.ok() || !is_asked)) return known;
  auto addresses = addresses_of(name);
  known.status = addresses.status();
  // A resolver that does not answer blocks for long.
  known.until = clock_.steady_now() + (addresses.ok() ? kLookUpAgain : kTryAgain);
  if (addresses.ok()) known.addresses = *std::move(addresses);
  return known;
}

void OriginAddresses::remember(const KnownAddresses& known) {
  known_.try_emplace(known.host, Known{.addresses = known.addresses, .status = {}, .until = {}});
}

absl::Status OriginAddresses::check(const std::string& address, const Origin& origin) const {
  MEX_ASSIGN_OR_RETURN(const net::Address where, net::Address::parse_ip(address, origin.port));
  const net::OriginVerdict verdict = policy_.check(where);
  if (verdict == net::OriginVerdict::Allowed && !where.is_any()) return absl::OkStatus();
  return base::error(absl::StatusCode::kInvalidArgument, "{} {}; it cannot be an origin",
                     where.text(), where.is_any() ? "is not an address" : to_string(verdict));
}

ResolvedOrigin OriginAddresses::resolve_one(const Origin& origin, bool is_on_host, bool is_asked,
                                            absl::Status& refused) {
  ResolvedOrigin resolved{.origin = origin};
  const bool is_name = !is_ip_address(origin.host);
  if (is_name && !is_on_host) return resolved;
  std::vector<std::string> addresses{origin.host};
  if (is_name) {
    const Known& known = look_up(origin.host, is_asked);
    addresses = known.addresses;
    if (!known.status.ok()) resolved.problem = base::message_of(known.status);
  }
  const std::size_t count = addresses.size();
  std::erase_if(addresses, [&](const std::string& address) {
    const absl::Status allowed = check(address, origin);
    if (!allowed.ok()) refused = allowed;
    return !allowed.ok();
  });
  if (addresses.size() < count) resolved.problem = base::message_of(refused);
  resolved.is_nowhere = addresses.empty();
  // An address stands for itself.
  if (is_name) resolved.addresses = std::move(addresses);
  return resolved;
}

ResolvedOrigins OriginAddresses::resolve_available(const std::vector<Origin>& origins,
                                                   bool is_on_host) {
  ResolvedOrigins all;
  for (const Origin& origin : origins) {
    absl::Status refused;
    all.push_back(resolve_one(origin, is_on_host, /*is_asked=*/false, refused));
  }
  return all;
}

absl::StatusOr<ResolvedOrigins> OriginAddresses::resolve(const std::vector<Origin>& origins,
                                                         bool is_on_host,
                                                         const std::string& field) {
  ResolvedOrigins all;
  for (const Origin& origin : origins) {
    absl::Status refused;
    ResolvedOrigin resolved = resolve_one(origin, is_on_host, /*is_asked=*/true, refused);
    if (!refused.ok()) return base::field_error(field, base::message_of(refused));
    if (resolved.is_nowhere) {
      return base::error(absl::StatusCode::kFailedPrecondition, "{}: {}", field, resolved.problem);
    }
    all.push_back(std::move(resolved));
  }
  return all;
}

std::vector<KnownAddresses> known_addresses(const ResolvedInstance& instance) {
  std::map<std::string, std::vector<std::string>> by_host;
  for (const ResolvedOrigins& origins : instance.origins) {
    for (const ResolvedOrigin& each : origins) {
      if (!each.addresses.empty()) by_host[each.origin.host] = each.addresses;
    }
  }
  std::vector<KnownAddresses> all;
  for (auto& [host, addresses] : by_host) all.push_back({host, std::move(addresses)});
  return all;
}

}  // namespace mex::nginx
