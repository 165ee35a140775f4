#pragma once

namespace mex::api {

// What a call may wait for. Each kind has its own threads (CallLane), so that a call that waits
// for an engine, a cloud or a kernel keeps no call waiting that does not.
enum class Lane {
  Read,     // memory, and at most the store's disk
  Cluster,  // changes of clusters, flavors, operations
  Routing,  // changes of the proxy's and the host's routes
  Nginx,    // changes of nginx instances: the container engine
  Name,     // DNS records and certificates
};

}  // namespace mex::api
