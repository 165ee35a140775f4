#pragma once

// Several origins of one route, each of which answers by itself whatever it is asked. Header only;
// not part of the library.

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "proxy/service_fixture.h"

namespace mex::proxy::testing {

// Answers every request head with its name, as long as it is open.
class NamedOrigin {
 public:
  NamedOrigin(net::EventLoop& loop, std::string name) : socket_(loop), name_(std::move(name)) {}

  std::string url() const { return socket_.url(); }
  int requests() const { return requests_; }
  const std::string& last_head() const { return last_head_; }
  // Instead of "200 OK" with the name.
  void answer_with(std::string answer) { answer_ = std::move(answer); }
  // Takes requests and says nothing.
  void hold() { is_holding_ = true; }
  void answer_held() {
    is_holding_ = false;
    for (Peer* peer : held_) peer->send(answer());
    held_.clear();
  }
  // Breaks each connection when a request has come on it.
  void break_all() { is_breaking_ = true; }
  // Connections are refused and kept ones are reset from now on.
  void die() {
    socket_.close();
    for (Peer& peer : peers_) peer.reset();
    peers_.clear();
    is_dead_ = true;
  }

  void serve() {
    if (is_dead_) return;
    while (socket_.has_connection()) peers_.push_back(socket_.accept());
    for (auto peer = peers_.begin(); peer != peers_.end();) {
      const bool is_asked = peer->received().find("\r\n\r\n") != std::string::npos;
      if (is_asked) take_request(*peer);
      peer = is_asked && is_breaking_ ? peers_.erase(peer) : std::next(peer);
    }
  }

 private:
  std::string answer() const { return answer_.empty() ? ok(name_) : answer_; }
  void take_request(Peer& peer) {
    last_head_ = peer.take_until("\r\n\r\n");
    ++requests_;
    if (is_breaking_) return peer.reset();
    if (is_holding_) {
      held_.push_back(&peer);
    } else {
      peer.send(answer());
    }
  }

  ScriptedOrigin socket_;
  std::string name_;
  std::string answer_;
  std::string last_head_;
  std::list<Peer> peers_;
  std::vector<Peer*> held_;
  int requests_ = 0;
  bool is_holding_ = false;
  bool is_breaking_ = false;
  bool is_dead_ = false;
};

class BalancedFixture : public ServiceFixture {
 protected:
  void make_origins(const std::vector<int>& weights) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      origins_.push_back(
          std::make_unique<NamedOrigin>(*loop_, "origin-" + std::to_string(i) + "."));
      options_.origins.push_back({origins_[i]->url(), weights[i], "id" + std::to_string(i)});
    }
    use_options();
  }
  void use_options() { add_origins("/a", options_); }
  NamedOrigin& at(std::size_t index) { return *origins_[index]; }
  const balance::OriginState& state(std::size_t index) {
    return *group("/a").members()[index].state;
  }
  bool serve_until(const std::function<bool()>& condition) {
    return run_until(*loop_, [&] {
      for (const auto& origin : origins_) origin->serve();
      return condition();
    });
  }

  // The whole answer to a request on its own connection, however it ends.
  std::string ask(const std::string& request) {
    Peer browser = client();
    browser.send(request);
    return answer_to(browser);
  }
  std::string answer_to(Peer& browser) {
    std::string answer;
    EXPECT_TRUE(serve_until([&] {
      answer = browser.received();
      return browser.closed() || answer.ends_with(".") || answer.ends_with("\n") ||
             answer.find("Content-Length: 0\r\n\r\n") != answer.npos;
    }));
    return answer;
  }
  std::size_t name_in(const std::string& answer) const {
    const std::size_t at = answer.find("origin-");
    EXPECT_NE(at, answer.npos) << answer;
    return at == answer.npos ? 99 : static_cast<std::size_t>(answer[at + 7] - '0');
  }
  std::vector<int> ask_often(int times, const std::string& request) {
    std::vector<int> counts(origins_.size());
    for (int i = 0; i < times; ++i) ++counts.at(name_in(ask(request)));
    return counts;
  }

  balance::OriginSetOptions options_;
  std::vector<std::unique_ptr<NamedOrigin>> origins_;
};

}  // namespace mex::proxy::testing
