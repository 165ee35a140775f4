// A connection with a protocol that the test plays: what HTTP/1 sessions, and any later protocol,
// may rely on.

#include "server/connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/testing.h"
#include "server/testing.h"

namespace mex::server {
namespace {

using std::chrono::milliseconds;

// Takes all input, and does what the test says about it.
class ScriptedProtocol final : public Protocol {
 public:
  explicit ScriptedProtocol(Connection& connection) : connection_(connection) {}

  bool wants_input() const override { return !is_paused; }
  void process_input() override {
    received += connection_.input().readable();
    connection_.input().clear();
    if (input_hook) input_hook();
  }
  void on_input_end() override { has_input_ended = true; }
  void on_output_sent() override { ++sends; }
  void on_deadline() override { connection_.cut(CloseReason::Timeout); }
  void on_drain() override {
    if (!has_stream) connection_.linger();
  }
  bool awaits_client() const override { return false; }
  bool has_open_streams() const override { return has_stream; }
  void on_close(CloseReason reason) override { closed.push_back(reason); }

  void send(std::string_view bytes) {
    connection_.output().append(bytes);
    connection_.wake();
  }

  bool is_paused = false;
  bool has_stream = true;
  bool has_input_ended = false;
  int sends = 0;
  std::string received;
  std::vector<CloseReason> closed;
  std::function<void()> input_hook;

 private:
  Connection& connection_;
};

class ConnectionTest : public ::testing::Test, private ConnectionOwner {
 protected:
  ConnectionTest() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    peer_ = std::make_unique<testing::Client>(*loop_, base::Descriptor(ends[0]));
    ConnectionOwner& owner = *this;
    auto connection = std::make_unique<Connection>(
        context_, owner, net::make_tcp_transport(base::Descriptor(ends[1])), net::Address(), false);
    EXPECT_TRUE(connection->start(0));
    connection_ = connection.release();
  }
  ~ConnectionTest() override {
    if (!is_closed_) connection_->cut(CloseReason::Draining);
    turns();
  }

  void turns() {
    for (int i = 0; i < 5; ++i) loop_->run_once(milliseconds(0));
  }
  void pass(milliseconds time) {
    clock_.advance(time);
    turns();
  }

  net::testing::ManualClock clock_;
  net::BufferPool buffers_;
  std::unique_ptr<net::EventLoop> loop_ = *net::EventLoop::create(clock_);
  testing::ScriptedService service_;
  ConnectionContext context_{*loop_, buffers_, service_, {}};
  std::unique_ptr<testing::Client> peer_;
  Connection* connection_ = nullptr;
  ScriptedProtocol* protocol_ = nullptr;  // exists as long as the connection
  bool is_closed_ = false;

 private:
  std::unique_ptr<Protocol> create_protocol(Connection& connection) override {
    auto protocol = std::make_unique<ScriptedProtocol>(connection);
    protocol_ = protocol.get();
    return protocol;
  }
  void answer_clear_text(Connection&) override {}
  void on_connection_closed(Connection& connection) override {
    is_closed_ = true;
    last_reasons_ = protocol_->closed;
    loop_->destroy_later(std::unique_ptr<net::Disposable>(&connection));
  }

 protected:
  std::vector<CloseReason> last_reasons_;
};

TEST_F(ConnectionTest, BytesReachTheProtocolAndWhatItQueuesTheClient) {
  protocol_->input_hook = [this] {
    if (protocol_->received == "ping" && protocol_->sends == 0) protocol_->send("pong");
  };
  peer_->send("ping");
  EXPECT_EQ(peer_->receive_until("pong"), "pong");
  EXPECT_EQ(protocol_->sends, 1);
  EXPECT_EQ(buffers_.bytes_in_use(), 0U) << "an idle connection holds no buffer";
}

TEST_F(ConnectionTest, OutputOfOneEventLeavesInOneSend) {
  protocol_->input_hook = [this] {
    if (protocol_->received != "go" || protocol_->sends > 0) return;
    protocol_->send("a");
    protocol_->send("b");
  };
  peer_->send("go");
  EXPECT_EQ(peer_->receive_until("b"), "ab");
  EXPECT_EQ(protocol_->sends, 1);
}

TEST_F(ConnectionTest, APausedProtocolLeavesBytesInTheKernel) {
  protocol_->is_paused = true;
  peer_->send("later");
  turns();
  EXPECT_EQ(protocol_->received, "");
  protocol_->is_paused = false;
  connection_->wake();
  turns();
  EXPECT_EQ(protocol_->received, "later");
}

TEST_F(ConnectionTest, BothDirectionsEndApart) {
  protocol_->send("last");
  connection_->end_output();
  EXPECT_EQ(peer_->receive_all(), "last");
  peer_->send("more");
  turns();
  EXPECT_EQ(protocol_->received, "more");
  EXPECT_FALSE(is_closed_);
  peer_->finish_sending();
  turns();
  EXPECT_TRUE(is_closed_);
  EXPECT_EQ(last_reasons_, std::vector{CloseReason::Completed});
}

TEST_F(ConnectionTest, ALingeringConnectionDiscardsWhatArrives) {
  protocol_->has_stream = false;
  protocol_->send("bye");
  connection_->linger();
  EXPECT_EQ(peer_->receive_all(), "bye");
  peer_->send("ignored");
  turns();
  EXPECT_EQ(protocol_->received, "");
  EXPECT_FALSE(is_closed_);
  pass(context_.options.linger_timeout + milliseconds(100));
  EXPECT_TRUE(is_closed_);
}

TEST_F(ConnectionTest, AProtocolWithoutStreamsEndsWhenTheServerDrains) {
  connection_->drain();
  turns();
  EXPECT_FALSE(peer_->take()) << "a stream is open";
  protocol_->has_stream = false;
  connection_->drain();
  EXPECT_EQ(peer_->receive_all(), "");
}

TEST_F(ConnectionTest, AnAbortedConnectionSendsWhatWasQueuedAndCloses) {
  protocol_->send("part");
  connection_->abort(CloseReason::Aborted);
  turns();
  EXPECT_TRUE(is_closed_);
  EXPECT_EQ(last_reasons_, std::vector{CloseReason::Aborted});
  EXPECT_EQ(peer_->receive_all(), "part");
}

TEST_F(ConnectionTest, AFailedConnectionSendsNothingMore) {
  protocol_->send("never");
  connection_->fail();
  turns();
  EXPECT_TRUE(is_closed_);
  EXPECT_EQ(last_reasons_, std::vector{CloseReason::ClientClosed});
  EXPECT_EQ(peer_->receive_all(), "");
}

TEST_F(ConnectionTest, TheDeadlineIsTheProtocols) {
  connection_->deadline().arm(milliseconds(500));
  pass(milliseconds(400));
  EXPECT_FALSE(is_closed_);
  pass(milliseconds(200));
  EXPECT_TRUE(is_closed_);
  EXPECT_EQ(last_reasons_, std::vector{CloseReason::Timeout});
}

TEST_F(ConnectionTest, AClientThatTakesNothingIsCut) {
  const std::string piece(1U << 20U, 'x');
  protocol_->send(piece);
  turns();
  pass(context_.options.write_timeout + milliseconds(100));
  EXPECT_TRUE(is_closed_);
  EXPECT_EQ(last_reasons_, std::vector{CloseReason::Timeout});
}

}  // namespace
}  // namespace mex::server
