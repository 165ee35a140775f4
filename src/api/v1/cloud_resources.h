#pragma once

#include "access/principal.h"
#include "mexosagent/v1/cloud.pb.h"
#include "openstack/cloud_monitor.h"

// The resource cloud of package mexosagent.v1, without gRPC. Thread-safe.
namespace mex::api {

::mexosagent::v1::Cloud to_proto(const openstack::CloudView& view);

::mexosagent::v1::Cloud get_cloud(const access::Principal& caller,
                                  const openstack::CloudMonitor& cloud,
                                  const ::mexosagent::v1::GetCloudRequest& request);

}  // namespace mex::api
