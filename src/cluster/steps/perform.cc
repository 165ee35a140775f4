#include "cluster/steps/perform.h"

#include "base/status.h"
#include "cluster/steps/perform_parts.h"

namespace mex::cluster {
namespace {

// One overload per action.
struct Performer {
  Cloud& cloud;
  const Attempt& attempt;
  const openstack::CallContext& context;

  Outcome operator()(const LogIn& login) const {
    Outcome outcome;
    outcome.status = base::annotate(cloud.session.log_in(context), "Keystone");
    if (outcome.status.ok() && !login.region.empty()) {
      outcome.status = cloud.session.check_region(login.region, context);
    }
    return outcome;
  }
  Outcome operator()(const FindImage& look) const { return find_image(cloud, look, context); }
  Outcome operator()(const FindFlavor& look) const { return find_flavor(cloud, look, context); }
  Outcome operator()(const FindZones& look) const { return find_zones(cloud, look, context); }
  Outcome operator()(const FindKeyPair& look) const { return find_key_pair(cloud, look, context); }
  Outcome operator()(const FindRouter& look) const { return find_router(cloud, look, context); }
  Outcome operator()(const FindExternalNetwork& look) const {
    return find_external_network(cloud, look, context);
  }
  Outcome operator()(const FindSharedNetwork& look) const {
    return find_shared_network(cloud, look, context);
  }
  Outcome operator()(const FindExtensions&) const { return find_extensions(cloud, context); }
  Outcome operator()(const ReadComputeQuota&) const { return read_compute_quota(cloud, context); }
  Outcome operator()(const ReadNetworkQuota&) const { return read_network_quota(cloud, context); }
  Outcome operator()(const ReadManifest& look) const { return read_manifest(look, context); }
  Outcome operator()(const FindOwned& look) const {
    return find_owned(cloud, look, attempt, context);
  }
  Outcome operator()(const CreateNetwork& create) const {
    return create_network(cloud, create, attempt, context);
  }
  Outcome operator()(const CreateSubnet& create) const {
    return create_subnet(cloud, create, attempt, context);
  }
  Outcome operator()(const CreateRouter& create) const {
    return create_router(cloud, create, attempt, context);
  }
  Outcome operator()(const CreateSecurityGroup& create) const {
    return create_security_group(cloud, create, attempt, context);
  }
  Outcome operator()(const CreateRules& create) const {
    return create_rules(cloud, create, attempt, context);
  }
  Outcome operator()(const CreatePorts& create) const {
    return create_ports(cloud, create, attempt, context);
  }
  Outcome operator()(const AttachRouter& attach) const {
    return attach_router(cloud, attach, attempt, context);
  }
  Outcome operator()(const CreateServerGroup& create) const {
    return create_server_group(cloud, create, attempt, context);
  }
  Outcome operator()(const CreateServer& create) const {
    return create_server(cloud, create, attempt, context);
  }
  Outcome operator()(const TagResource& tag) const {
    return tag_resource(cloud, tag, attempt, context);
  }
  Outcome operator()(const ApplyManifest& apply) const {
    return apply_manifest(apply, attempt, context);
  }
  Outcome operator()(const RenewToken&) const { return renew_token(attempt, context); }
  Outcome operator()(const DrainNode& drain) const { return drain_node(drain, attempt, context); }
  Outcome operator()(const ForgetNode& forget) const {
    return forget_node(forget, attempt, context);
  }
  Outcome operator()(const Remove& removal) const { return remove(cloud, removal, context); }
  Outcome operator()(const DetachRouter& detach) const {
    return detach_router(cloud, detach, context);
  }
  template <typename Awaited>
  Outcome operator()(const Awaited&) const {
    Outcome outcome;
    outcome.status = absl::InternalError("this step has no call");
    return outcome;
  }
};

}  // namespace

Outcome perform(Cloud& cloud, const Attempt& attempt, openstack::CallContext context) {
  openstack::CallTrace trace;
  context.trace = &trace;
  Outcome outcome = std::visit(Performer{cloud, attempt, context}, attempt.action);
  outcome.request_id = base::detail_of(outcome.status).request_id;
  if (outcome.request_id.empty()) outcome.request_id = trace.request_id;
  return outcome;
}

}  // namespace mex::cluster
