#include "proxy/mirrored_request.h"

#include <chrono>
#include <utility>

#include "proxy/mirrors.h"
#include "proxy/upstream/origin_error.h"
#include "proxy/upstream/origin_request.h"

namespace mex::proxy {
namespace {

// A mirror that is slower is of no use as one, and what it holds is taken from the origins.
constexpr std::chrono::seconds kAnswerTime{30};

}  // namespace

MirroredRequest::MirroredRequest(Mirrors& mirrors)
    : mirrors_(mirrors), timer_(mirrors.loop().timers(), [this] { drop(); }) {}

MirroredRequest::~MirroredRequest() {
  if (stream_ != nullptr) stream_->abandon();
}

void MirroredRequest::start(const server::Exchange& client,
                            std::shared_ptr<const route::Mirror> mirror,
                            const route::RequestTarget& target) {
  mirror_ = std::move(mirror);
  head_.copy_of(client.request());
  path_ = target.path;
  waiting_.clear();
  const server::ConnectionInfo& connection = client.connection();
  client_ = {
      .peer = connection.peer,
      .local_port = connection.local.port(),
      .is_tls = connection.tls,
      .is_trusted = mirrors_.trusts(connection.peer),
      .identity = connection.client == nullptr ? std::nullopt : std::optional(*connection.client)};
  is_head_sent_ = false;
  is_whole_ = !head_.head().framing.has_body();
  has_exchange_ = true;
  status_ = 0;
  started_at_ = mirrors_.loop().now();
  stream_ = mirrors_.acquire(*this, *mirror_);
  if (stream_ == nullptr) return mirror_->drop();
  if (is_whole_) timer_.arm(kAnswerTime);
  if (stream_->is_ready()) send_head();
}

route::CounterSlab& MirroredRequest::counters() const {
  return mirror_->route().counters().slab(mirrors_.shard_index());
}

void MirroredRequest::on_origin_ready() { send_head(); }

void MirroredRequest::send_head() {
  AddressSpace address_space;
  const http::RequestHead& head = head_.head();
  const bool is_sent =
      stream_->send_head({.client = head,
                          .route = mirror_->route(),
                          .target = {path_, head.query, head.has_query},
                          .client_ip = ip_text(client_.peer, address_space),
                          .local_port = client_.local_port,
                          .client_tls = client_.is_tls,
                          .client_trusted = client_.is_trusted,
                          .client_identity = client_.identity ? &*client_.identity : nullptr,
                          .agent_token = mirrors_.agent_token()});
  if (!is_sent) return drop();
  is_head_sent_ = true;
  if (!waiting_.empty()) {
    counters().add_request_bytes(waiting_.size());
    stream_->send_body(waiting_);
  }
  if (is_whole_) stream_->end_body();
}

void MirroredRequest::send_body(std::string_view bytes) {
  if (stream_ == nullptr) return;
  const std::size_t behind =
      is_head_sent_ ? stream_->output_pending() : waiting_.size() + bytes.size();
  if (behind > mirrors_.high_water()) return drop();
  if (!is_head_sent_) {
    waiting_.append(bytes);
    return;
  }
  counters().add_request_bytes(bytes.size());
  stream_->send_body(bytes);
}

void MirroredRequest::end_body() {
  if (stream_ == nullptr || is_whole_) return;
  is_whole_ = true;
  timer_.arm(kAnswerTime);
  if (is_head_sent_) stream_->end_body();
}

void MirroredRequest::leave() {
  has_exchange_ = false;
  if (stream_ == nullptr) return mirrors_.give_back(*this);
  if (is_whole_) return;
  stream_->abandon();
  finish();
}

void MirroredRequest::on_response_head(const http::ResponseHead& head) { status_ = head.status; }

void MirroredRequest::on_response_body(std::string_view bytes) {
  counters().add_response_bytes(bytes.size());
}

void MirroredRequest::on_response_end() {
  counters().request_ended(status_, std::chrono::duration_cast<std::chrono::microseconds>(
                                        mirrors_.loop().now() - started_at_));
  finish();
}

void MirroredRequest::on_origin_failed(const upstream::OriginError& /*error*/) {
  counters().origin_failed();
  finish();
}

void MirroredRequest::drop() {
  mirror_->drop();
  stream_->abandon();
  finish();
}

void MirroredRequest::finish() {
  timer_.disarm();
  stream_ = nullptr;
  if (!has_exchange_) mirrors_.give_back(*this);
}

}  // namespace mex::proxy
