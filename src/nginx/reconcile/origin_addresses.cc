#include "nginx/reconcile/origin_addresses.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "base/freed.h"
#include "base/status.h"
#include "nginx/model/grammar.h"

namespace mex::nginx {
namespace {

// getaddrinfo does not report how long an answer is valid.
constexpr std::chrono::seconds kLookUpAgain{30};

}  // namespace

absl::StatusOr<std::vector<std::string>> OriginAddresses::look_up(const std::string& name) {
  Known& known = known_[name];
  const base::SteadyTime now = clock_.steady_now();
  if (!known.addresses.empty() && now < known.until) return known.addresses;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;  // each address once
  addrinfo* first = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &first);
  const std::unique_ptr<addrinfo, base::Freed<freeaddrinfo>> owner(first);
  if (error != 0) {
    if (!known.addresses.empty()) {
      known.until = now + kLookUpAgain;  // a resolver that does not answer blocks for long
      return known.addresses;
    }
    return base::error(absl::StatusCode::kFailedPrecondition, "{}: {}", name, gai_strerror(error));
  }
  std::vector<std::string> addresses;
  for (const addrinfo* each = first; each != nullptr; each = each->ai_next) {
    addresses.push_back(net::Address::from_sockaddr(each->ai_addr, each->ai_addrlen).ip_text());
  }
  // Name servers change the order with every answer.
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  known = {addresses, now + kLookUpAgain};
  return addresses;
}

absl::Status OriginAddresses::check(const std::string& address, const Origin& origin) const {
  MEX_ASSIGN_OR_RETURN(const net::Address where, net::Address::parse_ip(address, origin.port));
  const net::OriginVerdict verdict = policy_.check(where);
  if (verdict == net::OriginVerdict::Allowed && !where.is_any()) return absl::OkStatus();
  return base::error(absl::StatusCode::kInvalidArgument, "{} {}; it cannot be an origin",
                     where.text(), where.is_any() ? "is not an address" : to_string(verdict));
}

absl::StatusOr<ResolvedOrigins> OriginAddresses::resolve(const std::vector<Origin>& origins,
                                                         bool is_on_host,
                                                         const std::string& field) {
  ResolvedOrigins all;
  for (const Origin& origin : origins) {
    ResolvedOrigin& resolved = all.emplace_back();
    resolved.origin = origin;
    if (!is_ip_address(origin.host)) {
      if (!is_on_host) continue;
      auto found = look_up(origin.host);
      if (!found.ok()) return base::annotate(found.status(), field);
      resolved.addresses = *std::move(found);
    }
    for (const std::string& address : resolved.hosts()) {
      const absl::Status allowed = check(address, origin);
      if (!allowed.ok()) return base::field_error(field, base::message_of(allowed));
    }
  }
  return all;
}

}  // namespace mex::nginx
