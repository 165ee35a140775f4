#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/event_loop.h"
#include "net/timer.h"
#include "proxy/balance/hash.h"
#include "proxy/health/grpc_health.h"
#include "proxy/route/origin_set.h"
#include "proxy/upstream/origin_error.h"
#include "proxy/upstream/origin_pool.h"
#include "proxy/upstream/origin_stream.h"

namespace mex::proxy::health {

// What checks work with; outlives them.
struct CheckContext {
  net::EventLoop& loop;
  upstream::OriginPool& origins;
  std::string_view agent_token;
};

// Asks one origin again and again whether it works, on a new connection each time, and says in its
// state what came of it. Of an answer only the head is read, of a call its few bytes. Loop thread
// only.
class OriginCheck final : private upstream::OriginStreamHandler {
 public:
  // Begins within a part of the interval; what earlier checks have found holds until then.
  OriginCheck(const CheckContext& context, std::shared_ptr<const route::OriginSet> set,
              std::size_t index, std::uint64_t seed);
  OriginCheck(const OriginCheck&) = delete;
  OriginCheck& operator=(const OriginCheck&) = delete;
  ~OriginCheck();

  // The same origin in another version of its set. False, and nothing changed, if it is checked in
  // another way there.
  bool move_to(std::shared_ptr<const route::OriginSet> set, std::size_t index);
  balance::OriginState& state() const { return *set_->group().members()[index_].state; }

 private:
  // upstream::OriginStreamHandler
  void on_origin_ready() override;
  void on_interim_head(const http::ResponseHead& /*head*/) override {}
  void on_response_head(const http::ResponseHead& head) override;
  void on_response_body(std::string_view bytes) override;
  void on_response_trailers(const http::HeaderList& trailers) override;
  void on_response_end() override;
  void on_origin_drained() override {}
  void on_origin_failed(const upstream::OriginError& error) override;

  const balance::HealthCheckOptions& options() const { return set_->options().health_check; }
  void on_timer();
  void begin();
  upstream::OriginEndpoint& endpoint();
  void send_request();
  void send_call();
  bool send_head(const http::RequestHead& head);
  void leave();
  void finish(bool has_passed, std::uint8_t fault, int status);
  void wait();

  const CheckContext& context_;
  std::shared_ptr<const route::OriginSet> set_;
  std::size_t index_;
  std::shared_ptr<const route::Route> route_;  // to the origin's own paths
  upstream::OriginStream* stream_ = nullptr;   // null: no check is under way
  net::Timer timer_;                           // the next check, or the end of this one
  balance::Random random_;
  int in_a_row_ = 0;  // results that contradict what the state says
  GrpcHealthAnswer call_;
};

}  // namespace mex::proxy::health
