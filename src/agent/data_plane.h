#pragma once

#include <chrono>
#include <memory>

#include "absl/status/statusor.h"
#include "agent/descriptor_budget.h"
#include "agent/options.h"
#include "net/origin_policy.h"
#include "proxy/control.h"
#include "server/server_group.h"
#include "server/shard.h"
#include "tls/certificate.h"

namespace mex::agent {

// What serves the tenants' clients: the proxy's threads, what they route by, and its port. It needs
// nothing of the control plane, which may end and be opened again meanwhile. Main thread only.
class DataPlane {
 public:
  // Its threads run, its port is not open yet; nothing if the proxy is off. `options` outlives it.
  static absl::StatusOr<std::unique_ptr<DataPlane>> start(const Options& options,
                                                          const DescriptorBudget& budget,
                                                          const net::OriginPolicy& policy);
  DataPlane(const DataPlane&) = delete;
  DataPlane& operator=(const DataPlane&) = delete;

  proxy::Control* control() { return control_.get(); }  // null: the proxy is off

  // Opens the port, or gives the open one these certificates. Errors name the address.
  absl::Status serve(const tls::CertificateTable& certificates);
  server::ServerGroup& proxy() { return *proxy_; }  // after serve()

  // A rotation has moved the access log away.
  void reopen_logs();

  // See ServerGroup.
  void begin_drain(server::DrainTimes times);
  void await_drained();
  void hasten_drain(server::DrainTimes times);

 private:
  DataPlane(const Options& options, const DescriptorBudget& budget)
      : options_(options), budget_(budget) {}

  const Options& options_;
  const DescriptorBudget budget_;
  std::unique_ptr<server::ShardGroup> shards_;
  std::unique_ptr<proxy::Control> control_;
  std::unique_ptr<server::ServerGroup> proxy_;
};

}  // namespace mex::agent
