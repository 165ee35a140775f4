#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/secret.h"
#include "http_client/client.h"
#include "openstack/catalog.h"
#include "openstack/cloud_config.h"
#include "openstack/token_owner.h"

namespace mex::openstack {

// What Keystone gave for the credentials. Immutable and shared by the calls that use it.
struct Token {
  base::Secret id;
  TokenOwner owner;
  Catalog catalog;
  base::SteadyTime renew_at;  // from here on a new one should be fetched
  base::SteadyTime expires_at;
};

// The body of POST /v3/auth/tokens for these credentials.
std::string token_request_body(const CloudConfig& config);

// "log in as user 'demo' of domain 'Default'": whose login it is, without secrets.
std::string login_to_string(const CloudConfig& config);

// Reads Keystone's answer to a request that was sent at `asked_at`. The token's life is counted on
// our own clock from then, so that a wrong clock on either side does no harm.
absl::StatusOr<std::shared_ptr<const Token>> read_token(const http_client::Response& response,
                                                        base::SteadyTime asked_at);

}  // namespace mex::openstack
