#include "proxy/passthrough_tunnel.h"

#include <chrono>
#include <string>
#include <utility>

#include "proxy/passthrough.h"
#include "proxy/shard_logs.h"
#include "proxy/upstream/origin_error.h"

namespace mex::proxy {

using net::IoResult;
using net::IoStatus;

PassthroughTunnel::PassthroughTunnel(Passthrough& owner, const tls::ClientHello& asked,
                                     std::vector<net::Address> servers,
                                     server::InterceptedConnection connection)
    : owner_(owner),
      asked_{std::string(asked.server_name()), asked.is_acme_challenge(), connection.peer,
             std::chrono::steady_clock::now()},
      place_(std::move(connection.place)),
      client_(owner.buffers()),
      server_(owner.buffers()),
      client_watcher_(*this, client_),
      server_watcher_(*this, server_),
      timer_(owner.loop().timers(), [this] { on_deadline(); }),
      resume_([this] { move(); }),
      servers_(std::move(servers)),
      moved_at_(owner.loop().now()) {
  client_.transport = net::make_tcp_transport(std::move(connection.socket));
  client_.transport->notice_lost_peer(owner_.options().passthrough_lost_peer);
  client_.can_read = true;
  client_watcher_.id = connection.watch;
  owner_.loop().hand_over(connection.watch, client_watcher_);
}

PassthroughTunnel::~PassthroughTunnel() { close(); }

void PassthroughTunnel::try_next_server() {
  owner_.loop().unwatch(std::exchange(server_watcher_.id, 0));
  server_.transport.reset();
  while (tried_ < servers_.size()) {
    const net::Address& address = servers_[tried_++];
    net::ConnectStart start = net::connect_to(address);
    if (start.error_number == 0) {
      server_.transport = net::make_tcp_transport(std::move(start.socket), true);
      server_watcher_.id = owner_.loop().watch(server_.transport->descriptor(), server_watcher_);
      if (server_watcher_.id != 0) return await_connection();
      server_.transport.reset();
    }
    owner_.note_failure(address);
  }
  owner_.count_unreachable();
  cut();
}

// A server that keeps silent must not keep the client waiting while others would answer.
void PassthroughTunnel::await_connection() {
  const bool is_last = tried_ == servers_.size();
  timer_.arm(is_last ? owner_.options().connect_timeout
                     : owner_.options().passthrough_connect_timeout);
}

void PassthroughTunnel::finish_connect() {
  const IoResult result = server_.transport->handshake();
  if (result.status == IoStatus::WouldBlock) return;
  if (result.status != IoStatus::Progress) {
    owner_.note_failure(servers_[tried_ - 1]);
    return try_next_server();
  }
  owner_.note_success(servers_[tried_ - 1]);
  server_.transport->notice_lost_peer(owner_.options().passthrough_lost_peer);
  state_ = State::Connected;
  server_.can_read = true;
  move();
}

void PassthroughTunnel::on_ready(StreamEnd& end, net::Readiness readiness) {
  end.note(readiness);
  const bool is_connecting = state_ == State::Connecting && &end == &server_;
  if (is_connecting) return finish_connect();
  // While the other end takes nothing, nothing is read of this one, so no read would report the
  // failure.
  if (readiness.failed) return cut();
  if (state_ == State::Connected) move();
}

void PassthroughTunnel::move() {
  const PumpResult up = pump(client_, server_);
  const PumpResult down = pump(server_, client_);
  if (up == PumpResult::Failed || down == PumpResult::Failed) return cut();
  if (client_.output_shut && server_.output_shut) {
    close();
    return owner_.remove(*this);
  }
  timer_.arm(owner_.options().passthrough_idle_timeout);
  moved_at_ = owner_.loop().now();
  owner_.note_progress(*this);
  if (up == PumpResult::Busy || down == PumpResult::Busy) owner_.loop().next_turn(resume_);
}

void PassthroughTunnel::on_deadline() {
  if (state_ == State::Connected) return cut();
  owner_.note_failure(servers_[tried_ - 1]);
  try_next_server();
}

void PassthroughTunnel::cut() {
  if (state_ == State::Closed) return;
  client_.transport->reset_on_close();
  if (server_.transport != nullptr) server_.transport->reset_on_close();
  close();
  owner_.remove(*this);
}

void PassthroughTunnel::log() const {
  AccessEntry entry;
  entry.time = owner_.loop().wall_now();
  entry.client = asked_.client;
  entry.protocol = "TLS";
  entry.server_name = asked_.server_name;
  const RequestId id = owner_.logs().ids.next();
  entry.request_id = id.view();
  std::string server;
  if (tried_ > 0) server = servers_[tried_ - 1].text();
  entry.origin = server;
  if (state_ == State::Connecting) {
    entry.error = to_string(upstream::OriginFault::ConnectFailed);
  } else if (!client_.output_shut || !server_.output_shut) {
    entry.error = "aborted";
  }
  entry.bytes_in = client_.received;
  entry.bytes_out = server_.received;
  entry.times.total = std::chrono::steady_clock::now() - asked_.at;
  owner_.logs().access.record(entry);
}

void PassthroughTunnel::close() {
  if (state_ == State::Closed) return;
  if (owner_.logs().access.is_on()) log();
  state_ = State::Closed;
  timer_.disarm();
  resume_.cancel();
  owner_.loop().unwatch(std::exchange(client_watcher_.id, 0));
  owner_.loop().unwatch(std::exchange(server_watcher_.id, 0));
  owner_.count_bytes(client_.received, server_.received);
  client_.transport.reset();
  server_.transport.reset();
  client_.input.clear();
  server_.input.clear();
  // The server may be gone before this object is.
  place_.reset();
}

}  // namespace mex::proxy
