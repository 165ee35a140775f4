#pragma once

#include "cluster/flavor/record.h"

namespace mex::cluster {

// The flavors that are part of the program:
//
//   kubernetes-mini-openstack     1 master, 2 workers
//   kubernetes-single-openstack   1 master that also takes work
//   kubernetes-ha-openstack       3 masters and 2 workers, on different hosts where there are some
//   kubernetes-gpu-openstack      1 master, 1 worker of the Nova flavor m1.gpu that only pods get
//                                 that tolerate its taint
const FlavorSet& built_in_flavors();

}  // namespace mex::cluster
