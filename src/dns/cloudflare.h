#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/secret.h"
#include "dns/dns_provider.h"

namespace mex::dns {

// https://developers.cloudflare.com/api/ (version 4). A token with the rights Zone:Read and
// DNS:Edit for the zone is enough; or the account's global key with the address of its owner.
struct CloudflareOptions {
  std::string url = "https://api.cloudflare.com/client/v4";
  base::Secret token;
  // Asked for the token before each call instead, so that a new one needs no restart; may be null.
  std::function<absl::StatusOr<base::Secret>()> read_token{};
  std::string email;  // with global_key, instead of a token
  base::Secret global_key;
  std::string ca_file;  // empty: the system's
  // How long a zone is believed to be the one, and what its age is counted by (outlives the
  // provider).
  std::chrono::minutes zone_life{10};
  const base::Clock* clock = &base::system_clock();
  // Between the tries of one call that the service was too busy for.
  std::chrono::milliseconds pause{1'000};
};

std::unique_ptr<DnsProvider> create_cloudflare(CloudflareOptions options);

}  // namespace mex::dns
