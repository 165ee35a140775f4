// What an origin over HTTP/2 may say: any frames in any pieces, to exchanges that stream, pause,
// are given up and asked again. Promises: no handler is called after its end and each ends exactly
// once; a head comes once and before its body; a body that is whole has its promised length; what a
// handler is given is one line each; a connection that is gone has left no memory behind.
//
// Byte 0 chooses what the handlers do, byte 1 the size of the pieces; the rest is what the origin
// sends.

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "http/characters.h"
#include "net/testing.h"
#include "oracle.h"
#include "proxy/upstream/origin_pool.h"

namespace {

using namespace mex;
using namespace mex::proxy;

void check_fields(const http::HeaderList& fields) {
  for (const http::Header& field : fields) {
    require(http::is_token(field.name), "a name is a token");
    require(http::find_non_value_byte(field.value) == http::kNotFound, "a value is one line");
  }
}

class Handler final : public upstream::OriginStreamHandler {
 public:
  Handler(unsigned choice, bool is_post) : choice_(choice), is_post_(is_post) {}

  void begin(upstream::OriginEndpoint& endpoint, const route::Route& route) {
    route_ = &route;
    stream_ = endpoint.acquire(*this, true);
    if (stream_ != nullptr && stream_->is_ready()) send();
  }
  void on_origin_ready() override {
    require(stream_ != nullptr, "ready while it is wanted");
    send();
  }
  void on_interim_head(const http::ResponseHead& head) override {
    require(stream_ != nullptr && !has_head_, "interim heads come first");
    require(head.status >= 100 && head.status < 200 && head.status != 101, "an interim status");
    check_fields(head.headers);
  }
  void on_response_head(const http::ResponseHead& head) override {
    require(stream_ != nullptr && !has_head_, "one head");
    require(head.status >= 200 && head.status <= 599, "a final status");
    require(head.headers.count(http::KnownHeader::ContentLength) <= 1, "one length at most");
    check_fields(head.headers);
    has_head_ = true;
    framing_ = head.framing;
    if (chosen(0)) stream_->pause_body();
    if (chosen(1)) leave();
  }
  void on_response_body(std::string_view bytes) override {
    require(stream_ != nullptr && has_head_, "a body comes behind its head");
    received_ += bytes.size();
    if (framing_.kind == http::BodyFraming::Kind::ContentLength) {
      require(received_ <= framing_.length, "no more than the promised length");
    }
    if (chosen(2)) stream_->pause_body();
    if (chosen(3)) leave();
  }
  void on_response_trailers(const http::HeaderList& trailers) override {
    require(stream_ != nullptr && has_head_, "trailers come last");
    check_fields(trailers);
  }
  void on_response_end() override {
    require(stream_ != nullptr && has_head_, "an end has a head");
    if (framing_.kind == http::BodyFraming::Kind::ContentLength) {
      require(received_ == framing_.length, "a whole body has the promised length");
    }
    stream_ = nullptr;
  }
  void on_origin_drained() override { require(stream_ != nullptr, "drained while it is wanted"); }
  void on_origin_failed(const upstream::OriginError&) override {
    require(stream_ != nullptr, "an exchange fails once");
    stream_ = nullptr;
  }

  // What a client would do between two events.
  void step() {
    if (stream_ == nullptr) return;
    stream_->resume_body();
    if (chosen(4) && is_sent_ && is_post_ && !has_ended_) stream_->send_body("more of it");
    if (chosen(5) && is_sent_ && is_post_ && !has_ended_) {
      has_ended_ = true;
      stream_->end_body();
    }
  }
  void leave() {
    if (stream_ == nullptr) return;
    stream_->abandon();
    stream_ = nullptr;
  }
  bool busy() const { return stream_ != nullptr; }

 private:
  bool chosen(unsigned bit) const { return ((choice_ >> bit) & 1U) != 0; }

  void send() {
    http::RequestHead head;
    head.method = is_post_ ? http::Method::Post : http::Method::Get;
    head.method_text = is_post_ ? "POST" : "GET";
    head.target = head.path = "/x";
    head.host_text = "o";
    if (is_post_) head.framing.kind = http::BodyFraming::Kind::Chunked;
    is_sent_ = stream_->send_head({.client = head,
                                   .route = *route_,
                                   .target = {"/x", "", false},
                                   .client_ip = "192.0.2.1",
                                   .agent_token = "agent"});
    require(is_sent_, "a request can be written");
    if (!is_post_) stream_->end_body();
  }

  const unsigned choice_;
  const bool is_post_;
  const route::Route* route_ = nullptr;
  upstream::OriginStream* stream_ = nullptr;
  http::BodyFraming framing_;
  std::uint64_t received_ = 0;
  bool has_head_ = false;
  bool is_sent_ = false;
  bool has_ended_ = false;
};

void turns(net::EventLoop& loop, int count) {
  for (int i = 0; i < count; ++i) loop.run_once(std::chrono::milliseconds(0));
}

std::shared_ptr<const route::Route> route_to(const net::Address& address) {
  route::RoutePart part{};
  return route::make_route("/x", "http://" + address.text(), std::make_shared<route::Counters>(1),
                           part)
      .value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  static net::testing::ManualClock clock;
  static const std::unique_ptr<net::EventLoop> loop = *net::EventLoop::create(clock);
  static const Options options;
  static const net::OriginPolicy policy;
  net::BufferPool buffers;
  base::Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const net::Address any = net::Address::loopback(0);
  require(::bind(listener.get(), any.data(), any.size()) == 0, "a port can be had");
  require(::listen(listener.get(), 16) == 0, "an origin can listen");
  {
    upstream::OriginContext context{*loop, buffers, options, policy};
    upstream::OriginPool pool(context);
    const auto route = route_to(net::Address::local_of(listener.get()));
    upstream::OriginEndpoint& endpoint = pool.endpoint_for(*route, route::OriginProtocol::Http2);
    std::vector<std::unique_ptr<Handler>> handlers;
    const auto begin = [&](bool is_post) {
      handlers.push_back(std::make_unique<Handler>(data[0], is_post));
      handlers.back()->begin(endpoint, *route);
    };
    for (const bool is_post : {false, true, false}) begin(is_post);
    turns(*loop, 3);
    base::Descriptor origin(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK));
    require(origin.valid(), "all of them share a connection");

    std::string_view left(reinterpret_cast<const char*>(data + 2), size - 2);
    const std::size_t piece = 1 + std::size_t{data[1]} * 4;
    std::array<char, 4096> received;
    while (!left.empty()) {
      const std::string_view part = left.substr(0, std::min(piece, left.size()));
      left.remove_prefix(part.size());
      if (::send(origin.get(), part.data(), part.size(), MSG_NOSIGNAL) < 0) break;
      turns(*loop, 2);
      for (std::size_t i = 0; i < 3; ++i) handlers[i]->step();
      turns(*loop, 1);
      static_cast<void>(::recv(origin.get(), received.data(), received.size(), 0));
    }
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(origin.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    origin.reset();
    turns(*loop, 4);
    for (const auto& handler : handlers) require(!handler->busy(), "a reset ends the exchanges");
    require(context.busy == 0 && context.open == 0, "a reset ends the connection");
  }
  turns(*loop, 2);
  require(buffers.bytes_in_use() == 0, "a connection that is gone holds no memory");
  return 0;
}
