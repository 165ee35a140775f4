#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/backoff.h"
#include "openstack/call_context.h"
#include "openstack/call_history.h"
#include "openstack/cloud_config.h"
#include "openstack/token_owner.h"

namespace mex::openstack {

enum class Service;  // openstack/api_call.h
struct ApiCall;
struct ApiAnswer;
enum class Service;

// One login to one project: holds the token and the catalog, and makes the calls of Nova, Neutron,
// Glance and Cinder. Thread-safe; calls of several threads run in parallel and share one login.
//
// The token is renewed before it expires, and once when a service refuses it. Calls are repeated
// with growing, jittered pauses where that is safe: idempotent ones after any transient failure,
// the others only if nothing was sent, or after a 429 or 503 with Retry-After.
class Session {
 public:
  struct Options {
    int max_attempts = 4;
    base::Backoff backoff{.first = std::chrono::milliseconds(200),
                          .max = std::chrono::milliseconds(5'000),
                          .spread = -0.5};
    std::size_t page_size = 500;  // of lists
  };

  explicit Session(CloudConfig config);
  Session(CloudConfig config, Options options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();  // no call may be running

  // Gets a token if none is held: the first thing to do, so that wrong credentials are found alone.
  absl::Status log_in(const CallContext& context);

  // OK if the calls go to this region. FailedPrecondition says what the catalog has instead. For a
  // configuration that names no region; otherwise it is known without a call.
  absl::Status check_region(std::string_view region, const CallContext& context);

  // Whether the catalog or the configuration has an endpoint of that service where the calls go.
  absl::StatusOr<bool> has_service(Service service, const CallContext& context);

  // The project the token is for, and whose token it is.
  absl::StatusOr<std::string> project_id(const CallContext& context);
  absl::StatusOr<TokenOwner> owner(const CallContext& context);

  // The version that Keystone says it has, "v3.14"; asks it, without a token.
  absl::StatusOr<std::string> keystone_version(const CallContext& context);

  // Where the calls of `service` go. FailedPrecondition says what the catalog has instead.
  absl::StatusOr<std::string> endpoint(Service service, const CallContext& context);

  // What the calls of all threads have met with.
  CallHistory& calls();

  const CloudConfig& config() const;
  std::size_t page_size() const;

  // For Nova, Neutron, Glance and Cinder: one call of one service; its answer has a status below
  // 400.
  absl::StatusOr<ApiAnswer> call(const ApiCall& call, const CallContext& context);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mex::openstack
