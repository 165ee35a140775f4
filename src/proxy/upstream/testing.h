#pragma once

// What tests of origins and of the resolver share. Header only; not part of the library.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/head.h"
#include "http/request_parser.h"
#include "net/testing.h"
#include "proxy/testing.h"
#include "proxy/upstream/origin_connection.h"
#include "proxy/upstream/origin_pool.h"

namespace mex::proxy::upstream::testing {

using proxy::testing::Peer;
using proxy::testing::run_until;
using proxy::testing::ScriptedOrigin;

// A name server that knows a few IPv4 addresses; a silent one answers nothing.
class FakeNameServer final : private net::IoHandler {
 public:
  explicit FakeNameServer(net::EventLoop& loop)
      : loop_(loop), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const net::Address any = net::Address::loopback(0);
    EXPECT_EQ(::bind(socket_.get(), any.data(), any.size()), 0);
    address_ = net::Address::local_of(socket_.get());
    watch_ = loop_.watch(socket_.get(), *this);
  }
  ~FakeNameServer() { loop_.unwatch(watch_); }

  const net::Address& address() const { return address_; }
  void know(const std::string& name, std::vector<std::array<unsigned char, 4>> addresses) {
    known_[name] = std::move(addresses);
  }
  void forget_all() { known_.clear(); }
  void be_silent() { silent_ = true; }
  std::size_t questions() const { return questions_; }

 private:
  void on_ready(net::Readiness /*readiness*/) override {
    std::array<char, 512> space;
    sockaddr_in from{};
    socklen_t length = sizeof from;
    ssize_t size = 0;
    while ((size = ::recvfrom(socket_.get(), space.data(), space.size(), 0,
                              reinterpret_cast<sockaddr*>(&from), &length)) > 0) {
      ++questions_;
      if (silent_) continue;
      const std::string answer = answer_to({space.data(), static_cast<std::size_t>(size)});
      ::sendto(socket_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from),
               length);
    }
  }

  // RFC 1035 section 4: a header of 12 bytes, the question repeated, an A record per address.
  std::string answer_to(const std::string& question) const {
    std::string name;
    std::size_t at = 12;
    while (at < question.size() && question[at] != 0) {
      const auto label = static_cast<unsigned char>(question[at]);
      name += (name.empty() ? "" : ".") + question.substr(at + 1, label);
      at += label + 1U;
    }
    const std::size_t question_end = at + 5;
    const bool asks_for_a = question.at(at + 2) == 1;
    const auto found = known_.find(name);
    const std::size_t answers = asks_for_a && found != known_.end() ? found->second.size() : 0;
    std::string reply = question.substr(0, 2) + std::string("\x81\x80\x00\x01\x00", 5) +
                        static_cast<char>(answers) + std::string(4, '\0') +
                        question.substr(12, question_end - 12);
    if (found == known_.end()) reply[3] = '\x83';  // no such name
    for (std::size_t i = 0; i < answers; ++i) {
      reply += std::string("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x0a\x00\x04", 12);  // 10 s
      for (const unsigned char byte : found->second[i]) reply += static_cast<char>(byte);
    }
    return reply;
  }

  net::EventLoop& loop_;
  base::Descriptor socket_;
  net::EventLoop::WatchId watch_ = 0;
  net::Address address_;
  std::map<std::string, std::vector<std::array<unsigned char, 4>>> known_;
  bool silent_ = false;
  std::size_t questions_ = 0;
};

// Records the calls of a stream.
class RecordingHandler final : public OriginStreamHandler {
 public:
  void on_origin_ready() override { ready = true; }
  void on_interim_head(const http::ResponseHead& head) override { interim.push_back(head.status); }
  void on_response_head(const http::ResponseHead& head) override {
    status = head.status;
    if (status == 101) stream->switch_to_tunnel();
  }
  void on_response_body(std::string_view bytes) override {
    body += bytes;
    if (pause_at_bytes > 0 && body.size() >= pause_at_bytes) stream->pause_body();
  }
  void on_response_end() override { ended = true; }
  void on_origin_drained() override { drained = true; }
  void on_origin_failed(const OriginError& failure) override {
    failed = true;
    error = failure;
  }
  bool over() const { return ended || failed; }

  OriginStream* stream = nullptr;
  std::size_t pause_at_bytes = 0;
  bool ready = false;
  std::vector<int> interim;
  int status = 0;
  std::string body;
  bool ended = false;
  bool drained = false;
  bool failed = false;
  OriginError error;
};

// A shard's side of origins without a server in front of it.
class OriginFixture : public ::testing::Test {
 protected:
  std::shared_ptr<const route::Route> route_to(const std::string& url) {
    route::RoutePart part{};
    return route::make_route("/x", url, nullptr, part).value();
  }

  OriginPool& pool() {
    if (pool_ == nullptr) {
      resolver_ = Resolver::create(*loop_, options_.name_servers).value();
      context_.resolver = resolver_.get();
      pool_ = std::make_unique<OriginPool>(context_);
    }
    return *pool_;
  }

  void acquire(RecordingHandler& user, const std::string& url) {
    user.stream = pool().endpoint_for(*route_to(url)).acquire(user, true);
    ASSERT_NE(user.stream, nullptr);
  }

  // `framing`: a header line for the body that follows, if any.
  void send_head(OriginStream& stream, http::Method method, std::string_view framing = "") {
    const std::string head = std::string(to_string(method)) + " /x HTTP/1.1\r\nHost: o\r\n" +
                             std::string(framing) + "\r\n";
    http::RequestParser parser;
    ASSERT_EQ(parser.feed(head).state, http::ParseOutcome::State::Complete);
    const auto route = route_to(origin_.url());
    ASSERT_TRUE(stream.send_head({.client = parser.head(),
                                  .route = *route,
                                  .target = {"/x", "", false},
                                  .client_ip = "192.0.2.1",
                                  .agent_token = "agent-under-test"}));
  }

  // Sends a request without a body, once connected.
  void request(RecordingHandler& user, const std::string& url,
               http::Method method = http::Method::Get) {
    acquire(user, url);
    if (!user.stream->is_ready()) {
      ASSERT_TRUE(run_until(*loop_, [&] { return user.ready || user.failed; }));
    }
    if (user.failed) return;
    send_head(*user.stream, method);
    user.stream->end_body();
  }

  void finish(RecordingHandler& user) {
    ASSERT_TRUE(run_until(*loop_, [&] { return user.over(); }));
  }

  // A whole exchange; the origin's end of the connection.
  Peer exchange(RecordingHandler& user, std::string_view answer,
                http::Method method = http::Method::Get) {
    request(user, origin_.url(), method);
    Peer peer = origin_.accept();
    peer.take_until("\r\n\r\n");
    peer.send(answer);
    finish(user);
    return peer;
  }

  void turn() { loop_->run_once(std::chrono::milliseconds(0)); }
  void pass(std::chrono::milliseconds time) {
    clock_.advance(time);
    turn();
  }

  net::testing::ManualClock clock_;
  std::unique_ptr<net::EventLoop> loop_ = *net::EventLoop::create(clock_);
  net::BufferPool buffers_;
  Options options_;
  net::OriginPolicy policy_;
  std::unique_ptr<Resolver> resolver_;
  OriginContext context_{*loop_, buffers_, options_, policy_};
  ScriptedOrigin origin_{*loop_};
  std::unique_ptr<OriginPool> pool_;
};

}  // namespace mex::proxy::upstream::testing
