#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/owned_request_head.h"
#include "net/address.h"
#include "net/timer.h"
#include "proxy/client_address.h"
#include "proxy/route/mirror.h"
#include "proxy/route/rewrite.h"
#include "proxy/upstream/origin_stream.h"
#include "server/exchange.h"
#include "tls/client_identity.h"

namespace mex::proxy {

class Mirrors;

// A copy of one request on its way to a mirror, whose answer is read and thrown away. It never
// holds up the request itself: what the mirror does not take in time is dropped, and counted, and a
// request that has been answered goes on being copied. Shard thread only.
//
// It belongs to the exchange that feeds it until leave(), and is used again when both that exchange
// and the mirror are done with it.
class MirroredRequest final : private upstream::OriginStreamHandler {
 public:
  explicit MirroredRequest(Mirrors& mirrors);
  MirroredRequest(const MirroredRequest&) = delete;
  MirroredRequest& operator=(const MirroredRequest&) = delete;
  ~MirroredRequest();

  void start(const server::Exchange& client, std::shared_ptr<const route::Mirror> mirror,
             const route::RequestTarget& target);

  // As the client sends it.
  void send_body(std::string_view bytes);
  void end_body();
  // The exchange is over. A copy whose body is not whole by now never will be.
  void leave();

 private:
  // upstream::OriginStreamHandler
  void on_origin_ready() override;
  void on_interim_head(const http::ResponseHead& /*head*/) override {}
  void on_response_head(const http::ResponseHead& head) override;
  void on_response_body(std::string_view bytes) override;
  void on_response_end() override;
  void on_origin_drained() override {}
  void on_origin_failed(const upstream::OriginError& error) override;

  // What its headers say of the client.
  struct Client {
    net::Address peer;
    std::uint16_t local_port = 0;
    bool is_tls = false;
    bool is_trusted = false;
    std::optional<tls::ClientIdentity> identity;
  };

  void send_head();
  void drop();
  void finish();
  route::CounterSlab& counters() const;

  Mirrors& mirrors_;
  std::shared_ptr<const route::Mirror> mirror_;
  upstream::OriginStream* stream_ = nullptr;  // null: not asked, or done with
  http::OwnedRequestHead head_;
  std::string path_;     // of the target, whose query is the head's
  std::string waiting_;  // the body's beginning, until the mirror is connected
  Client client_;
  bool is_head_sent_ = false;
  bool is_whole_ = false;      // all of the request has come from the client
  bool has_exchange_ = false;  // until leave()
  int status_ = 0;             // of the answer; 0: none yet
  base::SteadyTime started_at_{};
  net::Timer timer_;  // for the answer, once the request is whole
};

}  // namespace mex::proxy
