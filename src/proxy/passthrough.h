#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/metrics.h"
#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/origin_policy.h"
#include "proxy/options.h"
#include "proxy/passthrough_table.h"
#include "server/connection_list.h"
#include "server/tls_interceptor.h"

namespace mex::proxy {

class PassthroughTunnel;
struct ShardLogs;

// TLS connections of one shard that are carried on, byte by byte, to a server that has the key:
// chosen by the name the client asks for. The API servers of clusters are reached so, with the
// clusters' own certificates and the clients' own. Shard thread only.
//
// The servers of a name take turns. One that cannot be connected to is left out for a while, as
// long as another one answers; for longer each time.
class Passthrough final : public server::TlsInterceptor {
 public:
  // All of them outlive this object.
  Passthrough(net::EventLoop& loop, net::BufferPool& buffers, const Options& options,
              const net::OriginPolicy& policy, ShardLogs& logs);
  Passthrough(const Passthrough&) = delete;
  Passthrough& operator=(const Passthrough&) = delete;
  ~Passthrough();

  // For connections from now on. Those of names that are gone are ended.
  void use(PassthroughTablePtr table);
  // The same for certificate authorities that want to see who answers for a name (RFC 8737): they
  // are sent to another server than all other clients. Empty unless a certificate is being ordered.
  void use_challenges(PassthroughTablePtr table);
  // Whether clients that ask for this host are carried on; in any letters.
  bool serves(std::string_view host) const;
  std::size_t tunnels() const { return count_; }

  // server::TlsInterceptor
  bool is_active() const override { return !table_->empty() || !challenges_->empty(); }
  bool intercepts(const tls::ClientHello& asked) const override;
  void intercept(const tls::ClientHello& asked, server::InterceptedConnection connection) override;
  bool cut_silent() override;
  void cut_intercepted() override;

  // For its tunnels.
  net::EventLoop& loop() { return loop_; }
  net::BufferPool& buffers() { return buffers_; }
  const Options& options() const { return options_; }
  void note_failure(const net::Address& server);
  void note_success(const net::Address& server) { failures_.erase(server.text()); }
  void count_bytes(std::uint64_t to_server, std::uint64_t to_client) const;
  ShardLogs& logs() { return logs_; }
  void count_unreachable() const { metrics_.unreachable.add(); }
  void remove(PassthroughTunnel& tunnel);
  // Bytes of it have moved: the others have been silent for longer.
  void note_progress(PassthroughTunnel& tunnel);

 private:
  struct Metrics {
    metrics::Counter connections;
    metrics::Counter unreachable;
    metrics::Counter closed_for_room;
    metrics::Counter bytes_to_server;
    metrics::Counter bytes_to_client;
  };
  struct Failure {
    base::SteadyTime until;  // the server comes last
    std::chrono::milliseconds pause;
  };

  const PassthroughTable& table_for(bool is_challenge) const;
  void end_tunnels_without_name();
  std::vector<net::Address> servers_in_turn(const PassthroughServers& servers);
  bool has_failed_lately(const net::Address& server) const;

  net::EventLoop& loop_;
  net::BufferPool& buffers_;
  const Options& options_;
  const net::OriginPolicy& policy_;
  ShardLogs& logs_;
  PassthroughTablePtr table_;
  PassthroughTablePtr challenges_;
  server::ConnectionList<PassthroughTunnel> tunnels_;
  std::size_t count_ = 0;
  std::size_t turn_ = 0;                                  // which server of a name is tried first
  std::map<std::string, Failure, std::less<>> failures_;  // by the server's address
  const Metrics metrics_;
};

}  // namespace mex::proxy
