#include "net/transport.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "net/listener.h"
#include "net/testing.h"

namespace mex::net {
namespace {

class TransportTest : public ::testing::Test, private AcceptHandler {
 protected:
  void on_accept(base::Descriptor socket, const Address&) override {
    server_ = make_tcp_transport(std::move(socket));
  }

  void connect() {
    ConnectStart start = connect_to(listener_->local_address());
    ASSERT_EQ(start.error_number, 0);
    client_ = make_tcp_transport(std::move(start.socket), true);
    ASSERT_TRUE(testing::run_until(*loop_, [&] {
      if (!up_) up_ = client_->handshake().status == IoStatus::Progress;
      return up_ && server_ != nullptr;
    }));
  }

  static IoResult write(Transport& transport, std::string_view text) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    return transport.write({&piece, 1});
  }

  std::string read_all(Transport& transport, std::size_t wanted) {
    std::string text;
    testing::run_until(*loop_, [&] {
      std::array<char, 100> space{};
      const IoResult result = transport.read(space);
      if (result.status == IoStatus::Progress) text.append(space.data(), result.bytes);
      return text.size() >= wanted || result.status == IoStatus::End;
    });
    return text;
  }

  std::unique_ptr<EventLoop> loop_ = *EventLoop::create();
  std::unique_ptr<Listener> listener_ = *Listener::open(*loop_, Address::loopback(0), *this);
  std::unique_ptr<Transport> client_;
  std::unique_ptr<Transport> server_;
  bool up_ = false;
};

TEST_F(TransportTest, CarriesBytesBothWaysAndHalfCloses) {
  connect();
  EXPECT_EQ(server_->handshake().status, IoStatus::Progress);
  std::array<char, 8> space{};
  EXPECT_EQ(server_->read(space).status, IoStatus::WouldBlock);
  EXPECT_EQ(write(*client_, "ping").bytes, 4U);
  EXPECT_EQ(read_all(*server_, 4), "ping");
  EXPECT_EQ(client_->shutdown_write().status, IoStatus::Progress);
  EXPECT_EQ(read_all(*server_, 1), "");
  EXPECT_EQ(write(*server_, "pong").bytes, 4U);
  EXPECT_EQ(read_all(*client_, 4), "pong");
}

TEST_F(TransportTest, GathersPiecesAndSkipsEmptyOnes) {
  connect();
  std::string a = "one ";
  std::string b = "two";
  const std::array<iovec, 3> pieces{iovec{a.data(), a.size()}, iovec{nullptr, 0},
                                    iovec{b.data(), b.size()}};
  EXPECT_EQ(client_->write(pieces).bytes, 7U);
  EXPECT_EQ(client_->write({}).status, IoStatus::Progress);
  EXPECT_EQ(read_all(*server_, 7), "one two");
}

TEST_F(TransportTest, ShortReadSaysWait) {
  connect();
  write(*client_, "abcdef");
  std::array<char, 4> space{};
  IoResult result;
  ASSERT_TRUE(testing::run_until(*loop_, [&] {
    result = server_->read(space);
    return result.status == IoStatus::Progress;
  }));
  EXPECT_EQ(result.bytes, 4U);
  EXPECT_FALSE(result.wait);
  result = server_->read(space);
  EXPECT_EQ(result.bytes, 2U);
  EXPECT_TRUE(result.wait);
}

TEST_F(TransportTest, FullSocketSaysWaitThenBlocks) {
  connect();
  const std::string big(8U << 20U, 'x');
  // The kernel lets the buffers of a connection grow while they fill, so a socket that was full may
  // take more a moment later; what it takes is bounded, because the other side reads nothing.
  IoResult result = write(*client_, big);
  bool says_wait = false;
  while (result.status == IoStatus::Progress) {
    EXPECT_EQ(result.wait, result.bytes < big.size());
    says_wait = result.wait;
    result = write(*client_, big);
  }
  EXPECT_TRUE(says_wait);
  EXPECT_EQ(result.status, IoStatus::WouldBlock);
}

TEST_F(TransportTest, ResetIsSeenAsFailure) {
  connect();
  server_->reset_on_close();
  server_.reset();
  IoResult result;
  ASSERT_TRUE(testing::run_until(*loop_, [&] {
    std::array<char, 8> space{};
    result = client_->read(space);
    return result.status != IoStatus::WouldBlock;
  }));
  EXPECT_EQ(result.status, IoStatus::Failed);
  EXPECT_EQ(result.source, ErrorSource::System);
  EXPECT_EQ(result.code, static_cast<std::uint64_t>(ECONNRESET));
  EXPECT_EQ(client_->to_string(result), "Connection reset by peer");
  EXPECT_EQ(write(*client_, "x").status, IoStatus::Failed) << "and raises no signal";
}

TEST_F(TransportTest, QuietUntilBytesOrTheEndCome) {
  connect();
  EXPECT_TRUE(is_quiet(client_->descriptor()));
  write(*server_, "x");
  EXPECT_TRUE(testing::run_until(*loop_, [&] { return !is_quiet(client_->descriptor()); }));
  EXPECT_EQ(read_all(*client_, 1), "x");
  EXPECT_TRUE(is_quiet(client_->descriptor()));
  server_.reset();
  EXPECT_TRUE(testing::run_until(*loop_, [&] { return !is_quiet(client_->descriptor()); }));
}

TEST(Connect, RefusedIsAFailureOfTheHandshake) {
  const std::unique_ptr<EventLoop> loop = *EventLoop::create();
  // A port that was just free and that no socket listens on: bound, not listening.
  const base::Descriptor holder(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address any_port = Address::loopback(0);
  ASSERT_EQ(::bind(holder.get(), any_port.data(), any_port.size()), 0);
  ConnectStart start = connect_to(Address::local_of(holder.get()));
  if (!start.socket.valid()) {
    EXPECT_EQ(start.error_number, ECONNREFUSED);
    return;
  }
  const std::unique_ptr<Transport> transport = make_tcp_transport(std::move(start.socket), true);
  IoResult result;
  ASSERT_TRUE(testing::run_until(*loop, [&] {
    result = transport->handshake();
    return result.status != IoStatus::WouldBlock;
  }));
  EXPECT_EQ(result.status, IoStatus::Failed);
  EXPECT_EQ(transport->to_string(result), "Connection refused");
}

TEST(Connect, AnAddressOfNoFamilyIsRefusedAtOnce) {
  EXPECT_NE(connect_to(Address()).error_number, 0);
}

}  // namespace
}  // namespace mex::net
