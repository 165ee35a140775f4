#include "server/server_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "server/testing.h"
#include "tls/openssl_ptr.h"
#include "tls/testing.h"

namespace mex::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kGet;

// A blocking client on the test's thread; each shard has its own thread here.
class BlockingClient {
 public:
  explicit BlockingClient(const net::Address& address)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        connected_(::connect(socket_.get(), address.data(), address.size()) == 0) {}

  bool connected() const { return connected_; }

  // The answer's head and body, or what came until the connection ended.
  std::string get() const {
    EXPECT_EQ(::send(socket_.get(), kGet.data(), kGet.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(kGet.size()));
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos || !text.ends_with('\n')) {
      std::array<char, 4096> space{};
      const ssize_t count = ::recv(socket_.get(), space.data(), space.size(), 0);
      if (count <= 0) break;
      text.append(space.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  base::Descriptor socket_;
  bool connected_;
};

class ShardNameService final : public Service {
 public:
  ShardNameService(std::size_t index, std::atomic<int>& alive) : index_(index), alive_(alive) {
    ++alive_;
  }
  ~ShardNameService() override { --alive_; }
  void on_request(Exchange& exchange) override {
    respond_text(exchange, 200, "shard " + std::to_string(index_));
  }

 private:
  std::size_t index_;
  std::atomic<int>& alive_;
};

class ServerGroupTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<ServerGroup>> start(ServerGroup::Config config) {
    return ServerGroup::start(*shards_, std::move(config), [this](Shard& shard) {
      return std::make_unique<ShardNameService>(shard.index(), alive_);
    });
  }
  static ServerGroup::Config plain() {
    return {.address = net::Address::loopback(0), .certificates = std::nullopt, .options = {}};
  }

  std::atomic<int> alive_ = 0;
  std::unique_ptr<ShardGroup> shards_ = *ShardGroup::start(3);
};

TEST_F(ServerGroupTest, AllShardsServeOneAddress) {
  const auto group = *start(plain());
  EXPECT_EQ(alive_, 3);
  std::set<std::string> answers;
  std::vector<BlockingClient> clients;
  // The kernel spreads connections by a hash of their addresses: 64 of them leave one of three
  // shards out once in 10^11 runs.
  for (int i = 0; i < 64; ++i) {
    const std::string answer = clients.emplace_back(group->address()).get();
    answers.insert(answer.substr(answer.find("\r\n\r\n") + 4));
  }
  EXPECT_THAT(answers, ElementsAre("shard 0\n", "shard 1\n", "shard 2\n"));
  EXPECT_EQ(group->connections(), 64U);
}

TEST_F(ServerGroupTest, ServicesGoWithTheGroup) {
  auto group = *start(plain());
  const BlockingClient client(group->address());
  EXPECT_THAT(client.get(), HasSubstr("200 OK"));
  const net::Address address = group->address();
  group.reset();
  EXPECT_EQ(alive_, 0);
  EXPECT_EQ(client.get(), "");
  EXPECT_FALSE(BlockingClient(address).connected());
}

TEST_F(ServerGroupTest, AnAddressInUseIsRefusedOnAllShards) {
  const auto first = *start(plain());
  ServerGroup::Config config = plain();
  config.address = first->address();
  const auto second = start(std::move(config));
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(base::message_of(second.status())), HasSubstr(first->address().text()));
  EXPECT_EQ(alive_, 3) << "those of the first group";
  EXPECT_THAT(BlockingClient(first->address()).get(), HasSubstr("200 OK"));
}

TEST_F(ServerGroupTest, DrainWaitsForTheConnectionsAndStopsListening) {
  ServerGroup::Config config = plain();
  config.options.linger_timeout = std::chrono::milliseconds(10);
  const auto group = *start(std::move(config));
  const BlockingClient idle(group->address());
  EXPECT_THAT(idle.get(), HasSubstr("200 OK"));
  group->drain({.deadline = std::chrono::seconds(10)});
  EXPECT_EQ(group->connections(), 0U);
  EXPECT_FALSE(BlockingClient(group->address()).connected());
}

// A signal may come before the thread that waits has run at all.
TEST_F(ServerGroupTest, ADrainIsHastenedAsSoonAsItHasBegun) {
  const auto group = *start(plain());
  const BlockingClient idle(group->address());
  EXPECT_THAT(idle.get(), HasSubstr("200 OK"));
  group->begin_drain({.deadline = std::chrono::hours(1), .idle_grace = std::chrono::hours(1)});
  group->hasten_drain({.deadline = std::chrono::milliseconds(10)});
  group->await_drained();
  EXPECT_EQ(group->connections(), 0U);
}

TEST_F(ServerGroupTest, APlainServerTakesNoCertificates) {
  const auto group = *start(plain());
  const auto pair = tls::testing::make_pem_pair();
  EXPECT_EQ(group->replace_certificates({tls::testing::certificate_of(pair)}).code(),
            absl::StatusCode::kFailedPrecondition);
}

class TlsServerGroupTest : public ServerGroupTest {
 protected:
  // Whether a new connection is served with `pair`'s certificate.
  bool serves(const ServerGroup& group, const tls::testing::PemPair& pair) {
    const tls::SslContextPtr context(SSL_CTX_new(TLS_client_method()));
    const base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(socket.get(), group.address().data(), group.address().size()), 0);
    const tls::SslPtr ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), socket.get());
    if (SSL_connect(ssl.get()) != 1) return false;
    const tls::X509Ptr served(SSL_get1_peer_certificate(ssl.get()));
    const tls::BioPtr out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), served.get());
    return tls::testing::pem_text(out) == pair.certificate;
  }
};

TEST_F(TlsServerGroupTest, NewCertificatesAreForNewConnections) {
  const auto first = tls::testing::make_pem_pair();
  const auto second = tls::testing::make_pem_pair();
  ServerGroup::Config config = plain();
  config.certificates = tls::CertificateTable{tls::testing::certificate_of(first)};
  const auto group = *start(std::move(config));
  EXPECT_TRUE(serves(*group, first));
  ASSERT_TRUE(group->replace_certificates({tls::testing::certificate_of(second)}).ok());
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(serves(*group, second));
}

TEST(ShardGroupTest, RunsOnEveryShardAndWaits) {
  const auto shards = *ShardGroup::start(2);
  std::vector<std::thread::id> threads(2);
  shards->run_on_all([&](Shard& shard) { threads[shard.index()] = std::this_thread::get_id(); });
  EXPECT_NE(threads[0], threads[1]);
  EXPECT_NE(threads[0], std::this_thread::get_id());
  std::thread::id again;
  shards->run_on(shards->shard(1), [&] { again = std::this_thread::get_id(); });
  EXPECT_EQ(again, threads[1]);
  shards->stop();
  shards->stop();
}

}  // namespace
}  // namespace mex::server
