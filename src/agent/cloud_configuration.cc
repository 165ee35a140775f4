#include "agent/cloud_configuration.h"

#include <utility>

#include "agent/process.h"
#include "base/log.h"
#include "base/status.h"
#include "cluster/flavor/platform_config.h"
#include "cluster/steps/cloud.h"
#include "openstack/settings/load_cloud_config.h"

namespace mex::agent {
namespace {

absl::Status try_configure(cluster::ManagerContext& context) {
  MEX_ASSIGN_OR_RETURN(context.platform,
                       cluster::load_platform_config(environment_variable("MEX_K8SOS_CONFIG"),
                                                     environment_variable("MEX_K8SOS_USERDATA")));
  MEX_ASSIGN_OR_RETURN(openstack::CloudConfig config,
                       openstack::load_cloud_config(openstack::process_variables()));
  log::info("OpenStack configured", {{"source", config.source}, {"auth_url", config.auth_url}});
  for (const std::string& warning : config.warnings) {
    log::warning("OpenStack settings", {{"warning", warning}});
  }
  context.cloud = std::make_shared<cluster::Cloud>(std::move(config));
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<openstack::CloudMonitor> watch_cloud(const cluster::ManagerContext& context) {
  if (context.cloud == nullptr) {
    return std::make_unique<openstack::CloudMonitor>(context.cloud_problem);
  }
  cluster::Cloud& cloud = *context.cloud;
  return std::make_unique<openstack::CloudMonitor>(cloud.session, cloud.nova, cloud.neutron,
                                                   cloud.cinder);
}

api::ReadinessPart cloud_readiness(const openstack::CloudView& view) {
  api::ReadinessPart part{.name = "cloud", .status = absl::OkStatus(), .is_required = false};
  if (view.state != openstack::CloudState::Available) {
    part.status =
        base::error(absl::StatusCode::kUnavailable, "{} (see /v1/cloud)", to_string(view.state));
  }
  return part;
}

void configure_cloud(cluster::ManagerContext& context) {
  context.cloud_problem = try_configure(context);
  if (context.cloud_problem.ok()) return;
  log::warning("no clusters can be created", {{"reason", context.cloud_problem}});
}

}  // namespace mex::agent
