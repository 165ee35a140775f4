#include "server/server_group.h"

#include <atomic>
#include <future>
#include <utility>

#include "base/status.h"
#include "net/listener.h"

namespace mex::server {
namespace {

tls::ApplicationProtocol protocol_of(const ServerOptions& options) {
  return options.http2.by_alpn ? tls::ApplicationProtocol::Http2OrHttp11
                               : tls::ApplicationProtocol::Http11;
}

}  // namespace

// The server calls the service, so it is destroyed first.
struct ServerGroup::Member {
  std::unique_ptr<Service> service;
  std::unique_ptr<Server> server;
};

ServerGroup::ServerGroup(ShardGroup& shards, Config config)
    : shards_(shards), config_(std::move(config)), members_(shards.size()) {
  if (config_.certificates) ticket_keys_ = std::make_shared<tls::TicketKeys>();
}

absl::StatusOr<std::unique_ptr<ServerGroup>> ServerGroup::start(ShardGroup& shards, Config config,
                                                                const ServiceFactory& factory) {
  MEX_RETURN_IF_ERROR(net::check_address_free(config.address));
  std::unique_ptr<ServerGroup> group(new ServerGroup(shards, std::move(config)));
  group->address_ = group->config_.address;
  // One after the other: the first knows which port the kernel has chosen.
  for (std::size_t index = 0; index < shards.size(); ++index) {
    Shard& shard = shards.shard(index);
    absl::Status status;
    shards.run_on(shard, [&] { status = group->start_member(shard, factory); });
    MEX_RETURN_IF_ERROR(status);
  }
  return group;
}

absl::StatusOr<std::shared_ptr<const tls::ServerContext>> ServerGroup::make_tls(
    const tls::CertificateTable& certificates, Shard& shard) const {
  return tls::ServerContext::create(certificates, ticket_keys_, shard.buffers(),
                                    protocol_of(config_.options), config_.tls_profile);
}

absl::Status ServerGroup::start_member(Shard& shard, const ServiceFactory& factory) {
  std::shared_ptr<const tls::ServerContext> tls;
  if (config_.certificates) {
    MEX_ASSIGN_OR_RETURN(tls, make_tls(*config_.certificates, shard));
  }
  auto member = std::make_unique<Member>();
  member->service = factory(shard);
  member->server =
      std::make_unique<Server>(shard.loop(), shard.buffers(), *member->service, config_.options);
  MEX_RETURN_IF_ERROR(member->server->listen(address_, std::move(tls)));
  address_ = member->server->local_address();
  members_[shard.index()] = std::move(member);
  return absl::OkStatus();
}

ServerGroup::~ServerGroup() {
  shards_.run_on_all([this](Shard& shard) { members_[shard.index()].reset(); });
}

absl::Status ServerGroup::replace_certificates(const tls::CertificateTable& certificates) {
  if (!config_.certificates) {
    return base::error(absl::StatusCode::kFailedPrecondition, "{} serves plain HTTP",
                       address_.text());
  }
  // All shards' contexts first, so that they change together or not at all.
  std::vector<std::shared_ptr<const tls::ServerContext>> contexts;
  for (std::size_t index = 0; index < shards_.size(); ++index) {
    MEX_ASSIGN_OR_RETURN(auto context, make_tls(certificates, shards_.shard(index)));
    contexts.push_back(std::move(context));
  }
  shards_.run_on_all([&](Shard& shard) {
    members_[shard.index()]->server->replace_tls(std::move(contexts[shard.index()]));
  });
  config_.certificates = certificates;
  return absl::OkStatus();
}

void ServerGroup::begin_drain(DrainTimes times) {
  drained_ = std::vector<std::promise<void>>(members_.size());
  for (std::size_t index = 0; index < members_.size(); ++index) {
    shards_.shard(index).post([&server = *members_[index]->server, &done = drained_[index], times] {
      server.drain(times, [&done] { done.set_value(); });
    });
  }
}

void ServerGroup::await_drained() {
  for (std::promise<void>& promise : drained_) promise.get_future().wait();
}

void ServerGroup::hasten_drain(DrainTimes times) {
  shards_.run_on_all([&](Shard& shard) { members_[shard.index()]->server->hasten_drain(times); });
}

std::size_t ServerGroup::connections() const {
  std::atomic<std::size_t> sum = 0;
  shards_.run_on_all([&](Shard& shard) {
    sum.fetch_add(members_[shard.index()]->server->connections(), std::memory_order_relaxed);
  });
  return sum;
}

}  // namespace mex::server
