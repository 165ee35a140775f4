#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "server/exchange.h"
#include "server/server.h"
#include "server/shard.h"
#include "tls/certificate.h"
#include "tls/profile.h"
#include "tls/server_context.h"
#include "tls/ticket_keys.h"

namespace mex::server {

// One address served by all shards: the control plane's handle on a Server per shard. Calls wait
// for the shards; from control threads only, one at a time but for hasten_drain().
class ServerGroup {
 public:
  struct Config {
    net::Address address;  // port 0: the kernel chooses one for all shards
    std::optional<tls::CertificateTable> certificates;  // plain HTTP without
    ServerOptions options;
    tls::Profile tls_profile = tls::Profile::Intermediate;
  };
  // Makes the service of one shard, on that shard's thread. It is destroyed there, after the
  // shard's last exchange.
  using ServiceFactory = std::function<std::unique_ptr<Service>(Shard&)>;

  // Serving on all shards when it returns, or on none: an address in use, bad certificates.
  static absl::StatusOr<std::unique_ptr<ServerGroup>> start(ShardGroup& shards, Config config,
                                                            const ServiceFactory& factory);
  ServerGroup(const ServerGroup&) = delete;
  ServerGroup& operator=(const ServerGroup&) = delete;
  // Cuts what drain() has not ended.
  ~ServerGroup();

  const net::Address& address() const { return address_; }

  // New connections get these; existing ones go on undisturbed. Not for a plain server.
  absl::Status replace_certificates(const tls::CertificateTable& certificates);

  // See Server::drain; returns when the last session is gone, at the latest soon after its
  // deadline.
  void drain(DrainTimes times) {
    begin_drain(times);
    await_drained();
  }
  // Both halves of it, for who must do something else meanwhile.
  void begin_drain(DrainTimes times);
  void await_drained();

  // See Server::hasten_drain; after begin_drain(), also while another thread is in await_drained().
  void hasten_drain(DrainTimes times);

  std::size_t connections() const;

 private:
  struct Member;  // of one shard; touched on its thread
  ServerGroup(ShardGroup& shards, Config config);
  absl::StatusOr<std::shared_ptr<const tls::ServerContext>> make_tls(
      const tls::CertificateTable& certificates, Shard& shard) const;
  absl::Status start_member(Shard& shard, const ServiceFactory& factory);

  ShardGroup& shards_;
  Config config_;
  net::Address address_;
  std::shared_ptr<tls::TicketKeys> ticket_keys_;
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<std::promise<void>> drained_;  // of the shards, since begin_drain()
};

}  // namespace mex::server
