#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "openstack/call_context.h"
#include "openstack/neutron_types.h"

namespace mex::openstack {

class Session;

// Neutron, API v2.0. Large because it has one method for each call of the API. Thread-safe. Lists
// are whole: pages are fetched to the last. Errors as in error.h; delete_… and remove_… of
// something that is not there is success.
class Neutron {
 public:
  // `session` outlives this object.
  explicit Neutron(Session& session);

  // With its port security where Neutron has the extension.
  absl::StatusOr<Network> create_network(const NewNetwork& network, const CallContext& context);
  absl::StatusOr<std::vector<Network>> list_networks(const NeutronFilter& filter,
                                                     const CallContext& context);
  absl::StatusOr<Network> get_network(const std::string& id, const CallContext& context);
  absl::Status delete_network(const std::string& id, const CallContext& context);

  absl::StatusOr<Subnet> create_subnet(const NewSubnet& subnet, const CallContext& context);
  absl::StatusOr<std::vector<Subnet>> list_subnets(const NeutronFilter& filter,
                                                   const CallContext& context);
  absl::StatusOr<Subnet> get_subnet(const std::string& id, const CallContext& context);
  absl::Status delete_subnet(const std::string& id, const CallContext& context);

  absl::StatusOr<Router> create_router(const NewRouter& router, const CallContext& context);
  absl::StatusOr<std::vector<Router>> list_routers(const NeutronFilter& filter,
                                                   const CallContext& context);
  absl::StatusOr<Router> get_router(const std::string& id, const CallContext& context);
  absl::Status delete_router(const std::string& id, const CallContext& context);
  // Not idempotent for Neutron, though it is a PUT: a second time is a 400. So it is not repeated
  // after a lost answer; list_ports by device_id tells whether the interface is there.
  absl::Status add_router_interface(const std::string& router_id, const std::string& subnet_id,
                                    const CallContext& context);
  absl::Status remove_router_interface(const std::string& router_id, const std::string& subnet_id,
                                       const CallContext& context);
  // Takes all static routes off the router: an interface that one leads through cannot be removed.
  absl::Status clear_router_routes(const std::string& router_id, const CallContext& context);

  absl::StatusOr<SecurityGroup> create_security_group(const NewSecurityGroup& group,
                                                      const CallContext& context);
  absl::StatusOr<std::vector<SecurityGroup>> list_security_groups(const NeutronFilter& filter,
                                                                  const CallContext& context);
  absl::StatusOr<SecurityGroup> get_security_group(const std::string& id,
                                                   const CallContext& context);
  absl::Status delete_security_group(const std::string& id, const CallContext& context);
  // All in one call, all or none.
  absl::StatusOr<std::vector<SecurityGroupRule>> create_security_group_rules(
      const std::vector<NewSecurityGroupRule>& rules, const CallContext& context);
  absl::StatusOr<std::vector<SecurityGroupRule>> list_security_group_rules(
      const NeutronFilter& filter, const CallContext& context);

  // All in one call, all or none, in the given order. Tags travel with it where Neutron has the
  // extension tag-ports-during-bulk-creation; elsewhere they follow in a call per port, and if one
  // of those fails the ports exist and the error is marked outcome_unknown.
  absl::StatusOr<std::vector<Port>> create_ports(const std::vector<NewPort>& ports,
                                                 const CallContext& context);
  absl::StatusOr<std::vector<Port>> list_ports(const NeutronFilter& filter,
                                               const CallContext& context);
  absl::StatusOr<Port> get_port(const std::string& id, const CallContext& context);
  absl::Status delete_port(const std::string& id, const CallContext& context);

  absl::StatusOr<std::vector<FloatingIp>> list_floating_ips(const NeutronFilter& filter,
                                                            const CallContext& context);

  enum class Taggable { Network, Subnet, Router, SecurityGroup, Port };
  // Makes `tags` the resource's only tags. Each at most 60 characters.
  absl::Status replace_tags(Taggable kind, const std::string& id,
                            const std::vector<std::string>& tags, const CallContext& context);

  // Limits and use of the session's project.
  absl::StatusOr<NeutronQuotas> quotas(const CallContext& context);

  // Whether Neutron has the extension `alias`. The list is fetched once and kept; asking before the
  // first create_ports takes that round trip off its way.
  absl::StatusOr<bool> has_extension(const std::string& alias, const CallContext& context);

 private:
  Session& session_;
  base::Mutex mutex_;
  std::optional<std::set<std::string>> extensions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::openstack
