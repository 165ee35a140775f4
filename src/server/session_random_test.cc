// The oracle: whatever the requests are, however their bytes are cut, and whatever the handlers do
// meanwhile, the service sees exactly these requests in this order and the client these answers.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <random>

#include "server/testing.h"

namespace mex::server {
namespace {

class SessionRandomTest : public testing::ServerTest {
 protected:
  std::size_t below(std::size_t bound) { return random_() % bound; }

  std::string text(std::size_t size) {
    std::string result(size, ' ');
    for (char& c : result) c = static_cast<char>('a' + below(26));
    return result;
  }

  std::string chunked(std::string_view body) {
    std::string result;
    while (!body.empty()) {
      const std::size_t size = 1 + below(body.size());
      result += fmt::format("{:x}\r\n{}\r\n", size, body.substr(0, size));
      body.remove_prefix(size);
    }
    return result + "0\r\n\r\n";
  }

  // A request with `body`, in one of the forms there are.
  std::string request(std::size_t number, const std::string& body) {
    const std::string head = fmt::format("POST /{} HTTP/1.1\r\nHost: a\r\n", number);
    if (body.empty() && below(2) == 0) return head + "\r\n";
    if (below(2) == 0) return head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(body);
    return fmt::format("{}Content-Length: {}\r\n\r\n{}", head, body.size(), body);
  }

  std::mt19937 random_{11};
};

// Echoes the body in the ways that handlers have: at once or later, in one piece or streamed, with
// pauses.
class RandomEcho final : public RequestHandler {
 public:
  RandomEcho(Exchange& exchange, std::mt19937& random)
      : exchange_(exchange), random_(random), streams_(random() % 2 == 0) {
    exchange.set_handler(*this);
    if (random_() % 3 == 0) pause();
    if (streams_) exchange.send_head(200, {}, BodyLength::unknown());
  }
  void on_body(std::string_view bytes) override {
    body_ += bytes;
    if (streams_) exchange_.send_body(bytes);
    if (random_() % 2 == 0) pause();
  }
  void on_body_end() override { ended_ = true; }
  void on_output_drained() override {}
  void on_closed(CloseReason reason) override { closed_ = reason; }

  // What happens from outside, e.g. an origin that goes on.
  void step() {
    if (paused_) {
      paused_ = false;
      exchange_.resume_body();
    } else if (ended_ && !answered_) {
      answered_ = true;
      if (!streams_) exchange_.send_head(200, {}, BodyLength::exactly(body_.size()));
      if (!streams_) exchange_.send_body(body_);
      exchange_.end_body();
    }
  }
  const std::optional<CloseReason>& closed() const { return closed_; }
  const std::string& body() const { return body_; }

 private:
  void pause() {
    paused_ = true;
    exchange_.pause_body();
  }
  Exchange& exchange_;
  std::mt19937& random_;
  const bool streams_;
  std::string body_;
  bool paused_ = false;
  bool ended_ = false;
  bool answered_ = false;
  std::optional<CloseReason> closed_;
};

TEST_F(SessionRandomTest, EveryRequestIsSeenAndAnsweredOnceAndInOrder) {
  constexpr std::size_t kRequests = 200;
  std::vector<std::string> bodies;
  std::string bytes;
  for (std::size_t i = 0; i < kRequests; ++i) {
    bodies.push_back(text(below(4) == 0 ? below(40'000) : below(50)));
    bytes += request(i, bodies.back());
  }
  std::vector<std::unique_ptr<RandomEcho>> echoes;
  service_.answer = [&](Exchange& exchange) {
    EXPECT_EQ(exchange.request().path, fmt::format("/{}", echoes.size()));
    echoes.push_back(std::make_unique<RandomEcho>(exchange, random_));
  };
  start();
  testing::Client client = connect();
  std::string_view left = bytes;
  const auto all_done = [&] {
    return echoes.size() == kRequests && echoes.back()->closed().has_value();
  };
  for (int turn = 0; turn < 1'000'000 && !all_done(); ++turn) {
    const std::size_t size = std::min(left.size(), below(3) == 0 ? below(20'000) : below(40));
    const ssize_t sent = ::send(client.descriptor(), left.data(), size, MSG_NOSIGNAL);
    if (sent > 0) left.remove_prefix(static_cast<std::size_t>(sent));
    loop_->run_once(std::chrono::milliseconds(0));
    if (!echoes.empty() && !echoes.back()->closed() && below(2) == 0) echoes.back()->step();
    client.take();
  }
  ASSERT_TRUE(all_done());
  for (std::size_t i = 0; i < kRequests; ++i) {
    ASSERT_EQ(echoes[i]->closed(), CloseReason::Completed) << i;
    ASSERT_TRUE(echoes[i]->body() == bodies[i]) << i;
  }
  client.finish_sending();
  const std::string& answers = client.receive_all();
  std::size_t heads = 0;
  for (std::size_t at = 0; (at = answers.find("HTTP/1.1 200 OK\r\n", at)) != std::string::npos;
       ++at) {
    ++heads;
  }
  EXPECT_EQ(heads, kRequests);
  turns();
  EXPECT_EQ(buffers_.bytes_in_use(), 0U);
}

}  // namespace
}  // namespace mex::server
