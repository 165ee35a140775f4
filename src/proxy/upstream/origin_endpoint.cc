#include "proxy/upstream/origin_endpoint.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "proxy/upstream/origin_pool.h"

namespace mex::proxy::upstream {

OriginEndpoint::OriginEndpoint(OriginContext& context, const route::Route& route,
                               route::OriginProtocol protocol)
    : context_(context),
      host_(route.origin().host),
      port_(route.origin().port),
      tls_(route.origin().tls),
      protocol_(protocol),
      expects_http2_(protocol == route::OriginProtocol::Http2 ||
                     (protocol == route::OriginProtocol::Auto && tls_)) {
  const auto address = net::Address::parse_ip(host_, port_);
  is_literal_ = address.ok();
  if (is_literal_) addresses_.replace({*address});
}

OriginEndpoint::~OriginEndpoint() {
  *self_ = nullptr;
  while (!connections_.empty()) connections_.back()->close();
}

OriginStream* OriginEndpoint::acquire(OriginStreamHandler& handler, bool reuse,
                                      const OriginLimits& limits) {
  OriginConnection* connection = find_connection(reuse);
  const bool is_new = connection == nullptr;
  if (is_new) connection = create_connection(limits);
  if (connection == nullptr) return nullptr;
  OriginStream& stream = connection->protocol().open_stream(handler);
  if (!is_new) return &stream;
  if (addresses_known()) {
    connection->on_resolved("");
  } else {
    resolve();
  }
  return &stream;
}

OriginConnection* OriginEndpoint::find_connection(bool reuse) {
  if (expects_http2_) return find_room(reuse);
  return reuse ? take_idle() : nullptr;
}

OriginConnection* OriginEndpoint::take_idle() {
  while (!idle_.empty()) {
    OriginConnection& connection = *idle_.back();
    if (connection.reuse()) {
      idle_.pop_back();
      ++context_.busy;
      return &connection;
    }
  }
  return nullptr;
}

// The first of them gets all that it takes, so that those beyond what is needed become idle and
// end.
OriginConnection* OriginEndpoint::find_room(bool reuse) {
  // One that turns out to be closed is taken out, and another one stands in its place.
  for (std::size_t i = 0; i < connections_.size();) {
    OriginConnection& connection = *connections_[i];
    if (!connection.has_room(reuse)) {
      ++i;
      continue;
    }
    const auto idle = std::find(idle_.begin(), idle_.end(), &connection);
    const bool is_idle = idle != idle_.end();
    if (is_idle && reuse) {
      if (!connection.check_idle()) continue;
      // It has said something that changes that.
      if (!connection.has_room(reuse)) {
        ++i;
        continue;
      }
    }
    if (is_idle) {
      idle_.erase(idle);
      ++context_.busy;
    }
    return &connection;
  }
  return nullptr;
}

tls::ApplicationProtocol OriginEndpoint::offered() const {
  switch (protocol_) {
    case route::OriginProtocol::Http2:
      return tls::ApplicationProtocol::Http2;
    case route::OriginProtocol::Auto:
      // An origin of several servers that differ is not asked again and again.
      return expects_http2_ ? tls::ApplicationProtocol::Http2OrHttp11
                            : tls::ApplicationProtocol::Http11;
    case route::OriginProtocol::Http1:
      break;
  }
  return tls::ApplicationProtocol::Http11;
}

bool OriginEndpoint::choose_protocol(std::string_view chosen) {
  const bool is_http2 = chosen == "h2";
  const bool was_expected = is_http2 == expects_http2_;
  if (!was_expected && protocol_ == route::OriginProtocol::Auto) {
    expects_http2_ = is_http2;
    close_idle();
  }
  return was_expected;
}

OriginConnection* OriginEndpoint::create_connection(const OriginLimits& limits) {
  const std::size_t connections = connections_.size();
  if (connections >= context_.options.max_connections_per_origin) return nullptr;
  if (limits.max_connections != 0 && connections >= limits.max_connections) return nullptr;
  const bool is_full = context_.open >= context_.options.max_origin_connections;
  if (is_full && (context_.pool == nullptr || !context_.pool->close_idle())) return nullptr;
  ++context_.open;
  ++context_.busy;
  connections_.push_back(std::make_unique<OriginConnection>(
      *this, limits.connect_timeout.count() != 0 ? limits.connect_timeout
                                                 : context_.options.connect_timeout));
  return connections_.back().get();
}

void OriginEndpoint::close_idle() {
  while (!idle_.empty()) idle_.back()->close();
}

bool OriginEndpoint::addresses_known() const {
  return is_literal_ || (!addresses_.empty() && context_.loop.now() < addresses_expire_);
}

void OriginEndpoint::resolve() {
  if (is_resolving_) return;
  is_resolving_ = true;
  if (context_.resolver == nullptr) {
    on_resolved({{}, {}, "there is no resolver"});
    return;
  }
  context_.resolver->resolve(host_, port_, [self = self_](Resolution resolution) {
    if (*self != nullptr) (*self)->on_resolved(std::move(resolution));
  });
}

void OriginEndpoint::on_resolved(Resolution resolution) {
  is_resolving_ = false;
  // Name servers that are down for a while do not take away what was known.
  if (!resolution.addresses.empty()) addresses_.replace(resolution.addresses);
  addresses_expire_ = context_.loop.now() + resolution.time_to_live;
  for (const auto& connection : connections_) {
    if (connection->is_resolving())
      connection->on_resolved(addresses_.empty() ? resolution.error : "");
  }
}

void OriginEndpoint::give_back(OriginConnection& connection) {
  --context_.busy;
  idle_.push_back(&connection);
  // The origin has begun to speak another protocol meanwhile.
  if (connection.is_http2() != expects_http2_) return connection.close();
  if (idle_.size() > context_.options.max_idle_per_origin) idle_.front()->close();
}

void OriginEndpoint::remove(OriginConnection& connection) {
  const auto idle = std::find(idle_.begin(), idle_.end(), &connection);
  if (idle != idle_.end()) {
    idle_.erase(idle);
  } else {
    --context_.busy;
  }
  const auto owned =
      std::find_if(connections_.begin(), connections_.end(),
                   [&connection](const auto& each) { return each.get() == &connection; });
  MEX_CHECK(owned != connections_.end(), "a connection of another endpoint");
  std::swap(*owned, connections_.back());
  --context_.open;
  context_.loop.destroy_later(std::move(connections_.back()));
  connections_.pop_back();
}

}  // namespace mex::proxy::upstream
