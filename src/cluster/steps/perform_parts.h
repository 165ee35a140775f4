#pragma once

#include "cluster/steps/perform.h"

// The parts of perform(), one file each.
namespace mex::cluster {

Outcome find_image(Cloud& cloud, const FindImage& look, const openstack::CallContext& context);
Outcome find_flavor(Cloud& cloud, const FindFlavor& look, const openstack::CallContext& context);
Outcome find_zones(Cloud& cloud, const FindZones& look, const openstack::CallContext& context);
Outcome find_key_pair(Cloud& cloud, const FindKeyPair& look, const openstack::CallContext& context);
Outcome find_router(Cloud& cloud, const FindRouter& look, const openstack::CallContext& context);
Outcome find_external_network(Cloud& cloud, const FindExternalNetwork& look,
                              const openstack::CallContext& context);
Outcome find_shared_network(Cloud& cloud, const FindSharedNetwork& look,
                            const openstack::CallContext& context);
Outcome find_extensions(Cloud& cloud, const openstack::CallContext& context);
Outcome read_compute_quota(Cloud& cloud, const openstack::CallContext& context);
Outcome read_network_quota(Cloud& cloud, const openstack::CallContext& context);
Outcome read_manifest(const ReadManifest& look, const openstack::CallContext& context);
Outcome find_owned(Cloud& cloud, const FindOwned& look, const Attempt& attempt,
                   const openstack::CallContext& context);

Outcome create_network(Cloud& cloud, const CreateNetwork& create, const Attempt& attempt,
                       const openstack::CallContext& context);
Outcome create_subnet(Cloud& cloud, const CreateSubnet& create, const Attempt& attempt,
                      const openstack::CallContext& context);
Outcome create_router(Cloud& cloud, const CreateRouter& create, const Attempt& attempt,
                      const openstack::CallContext& context);
Outcome create_security_group(Cloud& cloud, const CreateSecurityGroup& create,
                              const Attempt& attempt, const openstack::CallContext& context);
Outcome create_rules(Cloud& cloud, const CreateRules& create, const Attempt& attempt,
                     const openstack::CallContext& context);
Outcome create_ports(Cloud& cloud, const CreatePorts& create, const Attempt& attempt,
                     const openstack::CallContext& context);
Outcome attach_router(Cloud& cloud, const AttachRouter& attach, const Attempt& attempt,
                      const openstack::CallContext& context);
Outcome create_server_group(Cloud& cloud, const CreateServerGroup& create, const Attempt& attempt,
                            const openstack::CallContext& context);
Outcome create_server(Cloud& cloud, const CreateServer& create, const Attempt& attempt,
                      const openstack::CallContext& context);
Outcome tag_resource(Cloud& cloud, const TagResource& tag, const Attempt& attempt,
                     const openstack::CallContext& context);

Outcome apply_manifest(const ApplyManifest& apply, const Attempt& attempt,
                       const openstack::CallContext& context);
Outcome renew_token(const Attempt& attempt, const openstack::CallContext& context);
Outcome drain_node(const DrainNode& drain, const Attempt& attempt,
                   const openstack::CallContext& context);
Outcome forget_node(const ForgetNode& forget, const Attempt& attempt,
                    const openstack::CallContext& context);

Outcome remove(Cloud& cloud, const Remove& removal, const openstack::CallContext& context);
Outcome detach_router(Cloud& cloud, const DetachRouter& detach,
                      const openstack::CallContext& context);

}  // namespace mex::cluster
