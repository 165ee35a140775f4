#include "agent/data_plane.h"

#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace mex::agent {

absl::StatusOr<std::unique_ptr<DataPlane>> DataPlane::start(const Options& options,
                                                            const DescriptorBudget& budget,
                                                            const net::OriginPolicy& policy) {
  std::unique_ptr<DataPlane> plane(new DataPlane(options, budget));
  if (!options.proxy) return plane;
  MEX_ASSIGN_OR_RETURN(plane->shards_, server::ShardGroup::start(options.shards));
  proxy::Options proxy = proxy_options(budget, options.shards);
  proxy.trusted_peers = options.trusted_peers;
  proxy.access_log = options.access_log;
  proxy.access_log_query = options.access_log_query;
  proxy.names_requests = options.request_ids;
  plane->control_ = std::make_unique<proxy::Control>(options.shards, std::move(proxy), policy);
  return plane;
}

absl::Status DataPlane::serve(const tls::CertificateTable& certificates) {
  if (proxy_ != nullptr) return proxy_->replace_certificates(certificates);
  server::ServerGroup::Config config{.address = *options_.proxy,
                                     .certificates = certificates,
                                     .options = {},
                                     .tls_profile = options_.tls_profile};
  config.options.name = "proxy";
  config.options.proxy_protocol_peers = options_.proxy_protocol;
  config.options.connections = proxy_limits(budget_, options_.shards, options_.client_connections);
  MEX_ASSIGN_OR_RETURN(
      proxy_, server::ServerGroup::start(*shards_, std::move(config), [this](server::Shard& shard) {
        return control_->make_service(shard);
      }));
  log::info("proxy (https) listens",
            {{"address", proxy_->address().text()}, {"shards", options_.shards}});
  return absl::OkStatus();
}

void DataPlane::reopen_logs() {
  if (control_ != nullptr) control_->reopen_access_log();
}

void DataPlane::begin_drain(server::DrainTimes times) {
  if (proxy_ != nullptr) proxy_->begin_drain(times);
}

void DataPlane::await_drained() {
  if (proxy_ != nullptr) proxy_->await_drained();
}

void DataPlane::hasten_drain(server::DrainTimes times) {
  if (proxy_ != nullptr) proxy_->hasten_drain(times);
}

}  // namespace mex::agent
