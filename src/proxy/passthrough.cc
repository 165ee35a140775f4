#include "proxy/passthrough.h"

#include <algorithm>
#include <array>
#include <utility>

#include "http/characters.h"
#include "proxy/passthrough_tunnel.h"

namespace mex::proxy {
namespace {

metrics::Counter byte_counter(std::string_view direction) {
  return metrics::counter("mex_passthrough_bytes_total", "Bytes of TLS connections passed through.",
                          {{"to", std::string(direction)}});
}

}  // namespace

Passthrough::Passthrough(net::EventLoop& loop, net::BufferPool& buffers, const Options& options,
                         const net::OriginPolicy& policy, ShardLogs& logs)
    : loop_(loop),
      buffers_(buffers),
      options_(options),
      policy_(policy),
      logs_(logs),
      table_(std::make_shared<const PassthroughTable>()),
      challenges_(table_),
      metrics_{metrics::counter("mex_passthrough_connections_total",
                                "TLS connections passed through.", {}),
               metrics::counter("mex_passthrough_unreachable_total",
                                "TLS connections of which no server could be reached.", {}),
               metrics::counter("mex_passthrough_closed_for_room_total",
                                "Silent TLS connections passed through, closed for others.", {}),
               byte_counter("server"), byte_counter("client")} {}

Passthrough::~Passthrough() { cut_intercepted(); }

void Passthrough::use(PassthroughTablePtr table) {
  table_ = std::move(table);
  failures_.clear();
  end_tunnels_without_name();
}

void Passthrough::use_challenges(PassthroughTablePtr table) {
  challenges_ = std::move(table);
  end_tunnels_without_name();
}

void Passthrough::end_tunnels_without_name() {
  for (PassthroughTunnel* tunnel = tunnels_.first(); tunnel != nullptr;) {
    PassthroughTunnel* const next = tunnel->next;
    const PassthroughTable& table = table_for(tunnel->is_challenge());
    if (!table.contains(tunnel->server_name())) tunnel->cut();
    tunnel = next;
  }
}

const PassthroughTable& Passthrough::table_for(bool is_challenge) const {
  return is_challenge ? *challenges_ : *table_;
}

bool Passthrough::intercepts(const tls::ClientHello& asked) const {
  return table_for(asked.is_acme_challenge()).contains(asked.server_name());
}

bool Passthrough::serves(std::string_view host) const {
  std::array<char, 256> lower;
  if (table_->empty() || host.size() > lower.size()) return false;
  const auto end = std::transform(host.begin(), host.end(), lower.begin(), http::to_lower);
  return table_->contains(std::string_view(lower.begin(), end));
}

void Passthrough::intercept(const tls::ClientHello& asked,
                            server::InterceptedConnection connection) {
  const PassthroughServers& servers =
      table_for(asked.is_acme_challenge()).find(asked.server_name())->second;
  metrics_.connections.add();
  ++count_;
  auto tunnel = std::make_unique<PassthroughTunnel>(*this, asked, servers_in_turn(servers),
                                                    std::move(connection));
  tunnels_.add(*tunnel);
  tunnel.release()->start();
}

bool Passthrough::cut_silent() {
  PassthroughTunnel* const tunnel = tunnels_.last();
  if (tunnel == nullptr) return false;
  if (loop_.now() - tunnel->moved_at() < options_.passthrough_min_silence) return false;
  metrics_.closed_for_room.add();
  tunnel->cut();
  return true;
}

void Passthrough::note_progress(PassthroughTunnel& tunnel) {
  tunnels_.remove(tunnel);
  tunnels_.add(tunnel);
}

void Passthrough::cut_intercepted() {
  while (!tunnels_.empty()) tunnels_.first()->cut();
}

void Passthrough::remove(PassthroughTunnel& tunnel) {
  tunnels_.remove(tunnel);
  --count_;
  loop_.destroy_later(std::unique_ptr<net::Disposable>(&tunnel));
}

bool Passthrough::has_failed_lately(const net::Address& server) const {
  const auto found = failures_.find(server.text());
  return found != failures_.end() && loop_.now() < found->second.until;
}

// Those that failed lately come last: they may be back, and are better than none.
std::vector<net::Address> Passthrough::servers_in_turn(const PassthroughServers& servers) {
  const std::size_t first = turn_++;
  std::vector<net::Address> in_turn;
  for (const bool failed : {false, true}) {
    for (std::size_t i = 0; i < servers.size(); ++i) {
      const net::Address& server = servers[(first + i) % servers.size()];
      if (policy_.check(server) != net::OriginVerdict::Allowed) continue;
      if (has_failed_lately(server) == failed) in_turn.push_back(server);
    }
  }
  return in_turn;
}

void Passthrough::note_failure(const net::Address& server) {
  const auto [found, is_first] =
      failures_.try_emplace(server.text(), Failure{loop_.now(), options_.passthrough_retry});
  Failure& failure = found->second;
  if (!is_first) {
    if (loop_.now() < failure.until) return;  // the same failure, seen by another tunnel
    failure.pause = std::min(2 * failure.pause, options_.passthrough_max_retry);
  }
  failure.until = loop_.now() + failure.pause;
}

void Passthrough::count_bytes(std::uint64_t to_server, std::uint64_t to_client) const {
  metrics_.bytes_to_server.add(to_server);
  metrics_.bytes_to_client.add(to_client);
}

}  // namespace mex::proxy
