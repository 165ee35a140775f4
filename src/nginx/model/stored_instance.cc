#include "nginx/model/stored_instance.h"

#include <algorithm>

#include "base/record_json.h"
#include "base/status.h"
#include "nginx/model/grammar.h"
#include "nginx/model/instance_check.h"
#include "store/record_format.h"

namespace mex::nginx {

static constexpr auto words_of(Protocol) {
  return base::words<Protocol>(
      {{Protocol::Http, "http"}, {Protocol::Tcp, "tcp"}, {Protocol::Udp, "udp"}});
}

static constexpr auto words_of(ApiAccess) {
  return base::words<ApiAccess>({{ApiAccess::Read, "read"},
                                 {ApiAccess::ReadSecrets, "read-secrets"},
                                 {ApiAccess::Everything, "everything"}});
}

static constexpr auto words_of(Kind) {
  return base::words<Kind>({{Kind::Ports, "ports"}, {Kind::KubernetesProxy, "kubernetes-proxy"}});
}

static constexpr auto fields_of(const HealthCheck*) {
  using T = HealthCheck;
  return base::fields(base::field("path", &T::path), base::field("status", &T::status),
                      base::field("interval_s", &T::interval),
                      base::field("timeout_s", &T::timeout), base::field("rise", &T::rise),
                      base::field("fall", &T::fall));
}

static constexpr auto fields_of(const Origin*) {
  using T = Origin;
  return base::fields(base::field("host", &T::host), base::field("port", &T::port),
                      base::field("weight", &T::weight));
}

static constexpr auto fields_of(const ClientLimits*) {
  using T = ClientLimits;
  return base::fields(base::field("connections", &T::connections),
                      base::field("requests_per_second", &T::requests_per_second),
                      base::field("burst", &T::burst));
}

static constexpr auto fields_of(const Port*) {
  using T = Port;
  return base::fields(base::field("name", &T::name), base::field("protocol", &T::protocol),
                      base::field("external", &T::external), base::field("origins", &T::origins),
                      base::field("path", &T::path), base::optional_field("health", &T::health),
                      base::field("server_name", &T::server_name), base::field("tls", &T::tls),
                      base::field("client_authorities", &T::client_authorities),
                      base::field("allowed", &T::allowed),
                      base::field("takes_proxy_protocol", &T::accept_proxy_protocol),
                      base::field("sends_proxy_protocol", &T::send_proxy_protocol),
                      base::field("connect_timeout_s", &T::connect_timeout),
                      base::field("idle_timeout_s", &T::idle_timeout),
                      base::optional_field("client_limits", &T::client_limits));
}

static constexpr auto fields_of(const ClusterName*) {
  using T = ClusterName;
  return base::fields(base::field("tenant", &T::tenant), base::field("cluster", &T::name));
}

static constexpr auto fields_of(const Instance*) {
  using T = Instance;
  return base::fields(base::field("kind", &T::kind), base::field("name", &T::name),
                      base::field("network", &T::network), base::field("ports", &T::ports),
                      base::flat(&T::cluster), base::field("access", &T::access),
                      base::optional_field("max_connections", &T::max_connections));
}

static constexpr auto fields_of(const KnownAddresses*) {
  using T = KnownAddresses;
  return base::fields(base::field("host", &T::host), base::field("addresses", &T::addresses));
}

static constexpr auto fields_of(const StoredInstance*) {
  using T = StoredInstance;
  return base::fields(base::flat(&T::instance), base::field("status_port", &T::status_port),
                      base::field("changed_at_ms", &T::changed_at),
                      base::optional_field("known_addresses", &T::known_addresses));
}

std::string instance_key(const Instance& instance) {
  return std::string(kInstancePrefix) + full_name(instance.kind, instance.name);
}

std::string to_json(const StoredInstance& stored) { return store::write_record(stored); }

absl::StatusOr<StoredInstance> instance_from_json(std::string_view value, std::string_view key) {
  MEX_ASSIGN_OR_RETURN(StoredInstance stored, store::read_record<StoredInstance>(value, key));
  // It becomes part of a configuration, so it is held to the same rules as one that arrives.
  if (const absl::Status fault = check(stored.instance); !fault.ok()) {
    return base::damaged_record(key, base::message_of(fault));
  }
  for (const KnownAddresses& known : stored.known_addresses) {
    if (!std::all_of(known.addresses.begin(), known.addresses.end(), is_ip_address)) {
      return base::damaged_record(key, "known_addresses has something else than addresses");
    }
  }
  return stored;
}

}  // namespace mex::nginx
