#include "proxy/health/origin_check.h"

#include <algorithm>
#include <utility>

#include "http/grpc.h"
#include "http/head.h"
#include "http/header_list.h"
#include "proxy/upstream/fault_code.h"

namespace mex::proxy::health {
namespace {

using balance::CheckResult;
using upstream::OriginFault;

// Checks name paths of the origin, so nothing is cut off and the origin's base is not put before.
std::shared_ptr<const route::Route> route_for(const route::Route& route) {
  http::OriginUrl url = route.origin();
  url.path = "/";
  return std::make_shared<const route::Route>(
      route::Rule{{}, route::PathPattern::parse("/").value(), {}}, std::move(url),
      std::make_shared<route::Counters>(1));
}

}  // namespace

OriginCheck::OriginCheck(const CheckContext& context, std::shared_ptr<const route::OriginSet> set,
                         std::size_t index, std::uint64_t seed)
    : context_(context),
      set_(std::move(set)),
      index_(index),
      route_(route_for(set_->route_to(index))),
      timer_(context.loop.timers(), [this] { on_timer(); }),
      random_(seed) {
  const auto spread = options().interval * options().jitter_percent / 100;
  timer_.arm(
      std::chrono::milliseconds(random_.below(static_cast<std::uint64_t>(spread.count()) + 1)));
}

OriginCheck::~OriginCheck() { leave(); }

bool OriginCheck::move_to(std::shared_ptr<const route::OriginSet> set, std::size_t index) {
  if (set->options().health_check != options()) return false;
  set_ = std::move(set);
  index_ = index;
  return true;
}

void OriginCheck::on_timer() {
  if (stream_ == nullptr) return begin();
  leave();
  finish(false, upstream::fault_code(OriginFault::Timeout), 0);
}

void OriginCheck::begin() {
  timer_.arm(options().timeout);
  stream_ = endpoint().acquire(*this, false, {.connect_timeout = options().timeout});
  // Too many are under way: that says nothing of the origin.
  if (stream_ == nullptr) wait();
}

// What the requests of its route speak. An origin that may choose is asked in HTTP/1.1, which takes
// one connection to know.
upstream::OriginEndpoint& OriginCheck::endpoint() {
  const route::OriginProtocol of_route = set_->route_to(index_).action().origin_protocol();
  const bool is_http2 =
      options().type == balance::CheckType::Grpc || of_route == route::OriginProtocol::Http2;
  return context_.origins.endpoint_for(
      *route_, is_http2 ? route::OriginProtocol::Http2 : route::OriginProtocol::Http1);
}

void OriginCheck::on_origin_ready() {
  if (options().type == balance::CheckType::Http) return send_request();
  if (options().type == balance::CheckType::Grpc) return send_call();
  leave();
  finish(true, 0, 0);
}

void OriginCheck::send_request() {
  const std::string_view target = options().path;
  const std::size_t question = std::min(target.find('?'), target.size());
  http::RequestHead head;
  head.method_text = "GET";
  head.target = target;
  head.path = target.substr(0, question);
  head.has_query = question < target.size();
  head.query = head.has_query ? target.substr(question + 1) : std::string_view();
  head.host_text = options().host;
  head.headers.append("User-Agent", "mexosagent-health-check");
  if (send_head(head)) stream_->end_body();
}

void OriginCheck::send_call() {
  call_ = {};
  http::RequestHead head;
  head.method = http::Method::Post;
  head.method_text = "POST";
  head.target = kGrpcHealthPath;
  head.path = kGrpcHealthPath;
  head.host_text = options().host;
  head.framing.kind = http::BodyFraming::Kind::Chunked;
  head.headers.append("User-Agent", "mexosagent-health-check");
  head.headers.append("Content-Type", http::kGrpcType);
  head.headers.append("TE", "trailers");
  if (!send_head(head)) return;
  stream_->send_body(grpc_health_question(options().service));
  stream_->end_body();
}

bool OriginCheck::send_head(const http::RequestHead& head) {
  const bool is_sent = stream_->send_head({.client = head,
                                           .route = *route_,
                                           .target = {head.path, head.query, head.has_query},
                                           .client_ip = "unknown",
                                           .local_port = route_->origin().port,
                                           .client_tls = route_->origin().tls,
                                           .agent_token = context_.agent_token,
                                           .limits = {}});
  if (is_sent) return true;
  leave();
  finish(false, upstream::fault_code(OriginFault::Broken), 0);
  return false;
}

void OriginCheck::on_response_body(std::string_view bytes) { call_.add(bytes); }

void OriginCheck::on_response_trailers(const http::HeaderList& trailers) {
  call_.set_status(trailers.value("grpc-status"));
}

void OriginCheck::on_response_end() {
  stream_ = nullptr;
  const bool is_serving = call_.is_serving();
  finish(is_serving, is_serving ? 0 : upstream::fault_code(OriginFault::NotServing), 0);
}

void OriginCheck::on_response_head(const http::ResponseHead& head) {
  const int status = head.status;
  if (options().type == balance::CheckType::Grpc && status == 200) {
    return call_.set_status(head.headers.value("grpc-status"));
  }
  leave();
  const bool is_good = options().type == balance::CheckType::Http &&
                       status >= options().min_status && status <= options().max_status;
  finish(is_good, 0, status);
}

void OriginCheck::on_origin_failed(const upstream::OriginError& error) {
  stream_ = nullptr;
  if (error.fault == OriginFault::TooManyConnections) return wait();
  finish(false, upstream::fault_code(error.fault), 0);
}

void OriginCheck::leave() {
  if (upstream::OriginStream* stream = std::exchange(stream_, nullptr)) stream->abandon();
}

// The first result decides at once: until then nothing is known.
void OriginCheck::finish(bool has_passed, std::uint8_t fault, int status) {
  const CheckResult before = state().check_result();
  const CheckResult result = has_passed ? CheckResult::Passed : CheckResult::Failed;
  const int threshold = has_passed ? options().healthy_threshold : options().unhealthy_threshold;
  in_a_row_ = result == before ? 0 : in_a_row_ + 1;
  if (before == CheckResult::None || result == before || in_a_row_ >= threshold) {
    in_a_row_ = 0;
    state().set_check(result, fault, status, context_.loop.now());
  }
  wait();
}

void OriginCheck::wait() {
  const auto spread = options().interval * options().jitter_percent / 100;
  const auto range = static_cast<std::uint64_t>(spread.count()) * 2 + 1;
  timer_.arm(options().interval - spread + std::chrono::milliseconds(random_.below(range)));
}

}  // namespace mex::proxy::health
