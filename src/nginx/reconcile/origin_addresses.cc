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

// getaddrinfo does not tell how long an answer is good for.
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
      known.until = now + kLookUpAgain;  // a resolver that is away takes long to say so
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

absl::StatusOr<Instance> OriginAddresses::resolved(Instance instance) {
  for (std::size_t i = 0; i < instance.ports.size(); ++i) {
    const std::string field = fmt::format("ports[{}].origin", i);
    for (Origin& origin : instance.ports[i].origins) {
      std::vector<std::string> addresses{origin.host};
      if (!is_ip_address(origin.host)) {
        if (!instance.network.empty()) continue;
        auto found = look_up(origin.host);
        if (!found.ok()) return base::annotate(found.status(), field);
        origin.addresses = *found;
        addresses = *std::move(found);
      }
      for (const std::string& address : addresses) {
        const absl::Status allowed = check(address, origin);
        if (!allowed.ok()) return base::field_error(field, base::message_of(allowed));
      }
    }
  }
  return instance;
}

}  // namespace mex::nginx
