#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "openstack/call_history.h"
#include "openstack/token_owner.h"

// What the outside sees of the cloud: values, copied at one moment; no secrets.
namespace mex::openstack {

enum class CloudState {
  Unknown,        // not looked at yet
  NotConfigured,  // no settings, or wrong ones
  Available,
  Unavailable,    // it does not answer: time may help
  Refused,        // the login is not accepted
  Misconfigured,  // it answers, but not what the settings lead to expect: region, service, TLS
};

// "not configured", …
std::string_view to_string(CloudState state);

struct ServiceView {
  std::string type;            // "compute"
  std::string url;             // with the version of the API that the agent speaks
  std::string version;         // the latest that it offers, where it says so: "v3.14", "2.93"
  bool is_overridden = false;  // the settings name the URL, not the catalog
  absl::Status status;
};

struct QuotaView {
  std::string name;         // "instances"
  std::int64_t limit = -1;  // -1 = unlimited
  std::int64_t used = 0;
};

struct CloudView {
  CloudState state = CloudState::Unknown;
  absl::Status problem;  // why it is not Available

  std::string source;
  std::vector<std::string> files;
  std::vector<std::string> settings;
  std::vector<std::string> warnings;

  std::string auth_url;
  std::string auth_method;  // "password", "application credential"
  TokenOwner owner;         // as Keystone says; before the first login as the settings say
  std::string region;
  std::string interface;
  bool insecure = false;

  std::vector<ServiceView> services;
  std::vector<QuotaView> quotas;  // as last read
  std::optional<base::WallTime> quotas_at;
  absl::Status quota_problem;  // they may not be read

  std::optional<base::WallTime> observed_at;  // of the last look
  CallHistory::View calls;
};

}  // namespace mex::openstack
