#include "tls/tls_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "net/listener.h"
#include "net/testing.h"
#include "tls/client_context.h"
#include "tls/server_context.h"
#include "tls/session_info.h"
#include "tls/testing.h"

namespace mex::tls {
namespace {

using net::IoResult;
using net::IoStatus;
using ::testing::HasSubstr;

class TlsTest : public ::testing::Test, private net::AcceptHandler {
 protected:
  void on_accept(base::Descriptor socket, const net::Address&) override {
    accepted_ = std::move(socket);
  }

  void TearDown() override { std::filesystem::remove(ca_file_); }

  // Two connected TCP sockets: ours is the client's end, accepted_ the server's.
  base::Descriptor connect_sockets() {
    net::ConnectStart start = net::connect_to(listener_->local_address());
    EXPECT_TRUE(net::testing::run_until(*loop_, [&] { return accepted_.valid(); }));
    return std::move(start.socket);
  }

  std::shared_ptr<const ServerContext> server_context(const CertificateTable& table) {
    return *ServerContext::create(table, ticket_keys_, buffers_);
  }

  std::shared_ptr<const ClientContext> client_trusting(const std::string& pem) {
    EXPECT_TRUE(base::write_file_atomically(ca_file_, pem, 0600).ok());
    return *ClientContext::create({.ca_file = ca_file_}, buffers_);
  }

  void connect(const ServerContext& server, const ClientContext& client, const std::string& host) {
    client_ = client.connect(connect_sockets(), host);
    ASSERT_NE(client_, nullptr);
    server_ = server.accept(std::move(accepted_));
  }

  // Both handshakes, to their ends; what they came to.
  std::pair<IoResult, IoResult> do_handshake() {
    IoResult client = IoResult::would_block();
    IoResult server = IoResult::would_block();
    EXPECT_TRUE(net::testing::run_until(*loop_, [&] {
      if (client.status == IoStatus::WouldBlock) client = client_->handshake();
      if (server.status == IoStatus::WouldBlock) server = server_->handshake();
      return client.status != IoStatus::WouldBlock && server.status != IoStatus::WouldBlock;
    }));
    return {client, server};
  }

  void connect_and_do_handshake() {
    connect(*server_context({certificate_}), *client_trusting(pair_.certificate),
            "edge.example.org");
    const auto [client, server] = do_handshake();
    ASSERT_EQ(client.status, IoStatus::Progress) << client_->to_string(client);
    ASSERT_EQ(server.status, IoStatus::Progress) << server_->to_string(server);
  }

  static IoResult write(net::Transport& transport, std::string_view text) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    return transport.write({&piece, 1});
  }

  // Moves all of `text` from one end to the other; what arrived.
  std::string carry(net::Transport& from, net::Transport& to, std::string_view text) {
    std::string arrived;
    std::size_t sent = 0;
    bool staged = false;
    net::testing::run_until(*loop_, [&] {
      if (sent < text.size() || staged) {
        const IoResult written =
            sent < text.size() ? write(from, text.substr(sent)) : from.write({});
        sent += written.bytes;
        staged = written.wait;
      }
      std::array<char, 5000> space{};
      IoResult got = to.read(space);
      for (; got.bytes > 0; got = to.read(space)) arrived.append(space.data(), got.bytes);
      return arrived.size() >= text.size() || got.status == IoStatus::Failed;
    });
    return arrived;
  }

  IoResult read_to_the_end(net::Transport& transport) {
    IoResult result;
    net::testing::run_until(*loop_, [&] {
      std::array<char, 100> space{};
      result = transport.read(space);
      return result.status == IoStatus::End || result.status == IoStatus::Failed;
    });
    return result;
  }

  net::BufferPool buffers_;
  std::unique_ptr<net::EventLoop> loop_ = *net::EventLoop::create();
  std::unique_ptr<net::Listener> listener_ =
      *net::Listener::open(*loop_, net::Address::loopback(0), *this);
  base::Descriptor accepted_;
  net::testing::ManualClock clock_;
  std::shared_ptr<TicketKeys> ticket_keys_ = std::make_shared<TicketKeys>(clock_);
  testing::PemPair pair_ = testing::make_pem_pair();
  Certificate certificate_ = testing::certificate_of(pair_);
  std::string ca_file_ =
      ::testing::TempDir() + "mex_tls_ca_" + std::to_string(listener_->local_address().port());
  std::unique_ptr<net::Transport> client_;
  std::unique_ptr<net::Transport> server_;
};

TEST_F(TlsTest, AgreesOnTls13AndTellsWhatWasSettled) {
  connect_and_do_handshake();
  const SessionInfo info = session_info(*server_);
  EXPECT_EQ(info.version, "TLSv1.3");
  EXPECT_EQ(info.server_name, "edge.example.org");
  EXPECT_EQ(info.alpn, "http/1.1");
  EXPECT_FALSE(info.resumed);
  EXPECT_NE(info.cipher, "");
  EXPECT_EQ(session_info(*net::make_tcp_transport(base::Descriptor())).version, "");
}

TEST_F(TlsTest, CarriesBytesOfAnySizeBothWays) {
  connect_and_do_handshake();
  for (const std::size_t size : {1U, 100U, 16U << 10U, (16U << 10U) + 1, 3U << 20U}) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + size) % 26);
    EXPECT_TRUE(carry(*client_, *server_, text) == text) << size;
    EXPECT_TRUE(carry(*server_, *client_, text) == text) << size;
  }
  EXPECT_EQ(buffers_.bytes_in_use(), 0U);
}

TEST_F(TlsTest, PutsPiecesTogetherAcrossRecords) {
  connect_and_do_handshake();
  std::string head(100, 'h');
  std::string body(40'000, 'b');
  std::string tail(5, 't');
  const std::array<iovec, 4> pieces{iovec{head.data(), head.size()}, iovec{nullptr, 0},
                                    iovec{body.data(), body.size()},
                                    iovec{tail.data(), tail.size()}};
  ASSERT_EQ(server_->write(pieces).bytes, 40'105U);
  std::string arrived;
  ASSERT_TRUE(net::testing::run_until(*loop_, [&] {
    std::array<char, 5000> space{};
    arrived.append(space.data(), client_->read(space).bytes);
    return arrived.size() == 40'105U;
  }));
  EXPECT_TRUE(arrived == head + body + tail);
}

TEST_F(TlsTest, AReaderThatStopsBoundsWhatIsStaged) {
  connect_and_do_handshake();
  const std::string big(1U << 20U, 'x');
  IoResult result = write(*server_, big);
  while (result.status == IoStatus::Progress && !result.wait) result = write(*server_, big);
  EXPECT_TRUE(result.wait);
  EXPECT_EQ(write(*server_, big).status, IoStatus::WouldBlock);
  EXPECT_EQ(server_->write({}).status, IoStatus::WouldBlock);
  EXPECT_LE(buffers_.bytes_in_use(), 96U << 10U);
  EXPECT_GT(buffers_.bytes_in_use(), 0U);
}

TEST_F(TlsTest, AnOrderlyEndIsNotACut) {
  connect_and_do_handshake();
  EXPECT_EQ(client_->shutdown_write().status, IoStatus::Progress);
  EXPECT_EQ(read_to_the_end(*server_).status, IoStatus::End);
  EXPECT_EQ(carry(*server_, *client_, "still open this way"), "still open this way");
}

TEST_F(TlsTest, ACutIsNotAnOrderlyEnd) {
  connect_and_do_handshake();
  const base::Descriptor hidden(::dup(client_->descriptor()));
  ::shutdown(hidden.get(), SHUT_WR);
  const IoResult result = read_to_the_end(*server_);
  EXPECT_EQ(result.status, IoStatus::Failed);
  EXPECT_THAT(server_->to_string(result), HasSubstr("unexpected eof"));
}

TEST_F(TlsTest, AResetKeepsItsErrno) {
  connect_and_do_handshake();
  client_->reset_on_close();
  client_.reset();
  const IoResult result = read_to_the_end(*server_);
  EXPECT_EQ(result.source, net::ErrorSource::System);
  EXPECT_EQ(result.code, static_cast<std::uint64_t>(ECONNRESET));
}

TEST_F(TlsTest, PlainTextIsNotTls) {
  net::ConnectStart start{connect_sockets(), 0};
  const auto plain = net::make_tcp_transport(std::move(start.socket), true);
  server_ = server_context({certificate_})->accept(std::move(accepted_));
  write(*plain, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  IoResult result;
  ASSERT_TRUE(net::testing::run_until(*loop_, [&] {
    result = server_->handshake();
    return result.status != IoStatus::WouldBlock;
  }));
  EXPECT_EQ(result.status, IoStatus::Failed);
  EXPECT_THAT(server_->to_string(result), HasSubstr("http request"));
}

TEST_F(TlsTest, TheClientRefusesAnUnknownAuthority) {
  connect(*server_context({certificate_}),
          *client_trusting(testing::make_pem_pair({.common_name = "other"}).certificate),
          "edge.example.org");
  const auto [client, server] = do_handshake();
  EXPECT_EQ(client.status, IoStatus::Failed);
  EXPECT_THAT(client_->to_string(client), HasSubstr("certificate verify failed: self-signed"));
}

TEST_F(TlsTest, TheClientRefusesAnotherHostsCertificate) {
  connect(*server_context({certificate_}), *client_trusting(pair_.certificate), "www.example.org");
  EXPECT_THAT(client_->to_string(do_handshake().first), HasSubstr("hostname mismatch"));
}

TEST_F(TlsTest, TheClientRefusesAnExpiredCertificate) {
  const testing::PemPair old =
      testing::make_pem_pair({.valid_from_seconds = -7200, .valid_to_seconds = -3600});
  connect(*server_context({testing::certificate_of(old)}), *client_trusting(old.certificate),
          "edge.example.org");
  EXPECT_THAT(client_->to_string(do_handshake().first), HasSubstr("has expired"));
}

TEST_F(TlsTest, AnAddressMustBeInTheCertificate) {
  const testing::PemPair pair = testing::make_pem_pair({.names = {"IP:127.0.0.1"}});
  const auto server = server_context({testing::certificate_of(pair)});
  const auto client = client_trusting(pair.certificate);
  connect(*server, *client, "127.0.0.1");
  EXPECT_EQ(do_handshake().first.status, IoStatus::Progress);
  EXPECT_EQ(session_info(*server_).server_name, "") << "addresses are not sent as names";
  accepted_.reset();
  connect(*server, *client, "127.0.0.2");
  EXPECT_THAT(client_->to_string(do_handshake().first), HasSubstr("IP address mismatch"));
}

TEST_F(TlsTest, WithoutVerificationAnythingGoes) {
  connect(*server_context({certificate_}),
          **ClientContext::create({.ca_file = "", .verify = false}, buffers_), "anything");
  EXPECT_EQ(do_handshake().first.status, IoStatus::Progress);
}

TEST_F(TlsTest, TheSystemsAuthoritiesDoNotKnowATestCertificate) {
  connect(*server_context({certificate_}), **ClientContext::create({}, buffers_),
          "edge.example.org");
  EXPECT_EQ(do_handshake().first.status, IoStatus::Failed);
}

TEST_F(TlsTest, ABadCaFileIsNamed) {
  const auto missing = ClientContext::create({.ca_file = "/nonexistent/ca.pem"}, buffers_);
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(std::string(base::message_of(missing.status())), HasSubstr("/nonexistent/ca.pem"));
}

TEST_F(TlsTest, AnEmptyHostIsRefused) {
  EXPECT_EQ(client_trusting(pair_.certificate)->connect(base::Descriptor(), ""), nullptr);
}

TEST_F(TlsTest, TheNameAskedForChoosesTheCertificate) {
  const testing::PemPair exact = testing::make_pem_pair({.names = {"DNS:one.apps.example.org"}});
  const testing::PemPair wild = testing::make_pem_pair({.names = {"DNS:*.apps.example.org"}});
  const auto server = server_context(
      {certificate_, {testing::certificate_of(exact), testing::certificate_of(wild)}});
  const std::array<std::pair<std::string, const testing::PemPair*>, 4> cases{
      {{"edge.example.org", &pair_},
       {"one.apps.example.org", &exact},
       {"ONE.apps.example.ORG", &exact},
       {"two.apps.example.org", &wild}}};
  for (const auto& [host, expected] : cases) {
    connect(*server, *client_trusting(expected->certificate), host);
    const auto [client, unused] = do_handshake();
    EXPECT_EQ(client.status, IoStatus::Progress) << host << ": " << client_->to_string(client);
    accepted_.reset();
  }
}

TEST_F(TlsTest, WithoutAFallbackOnlyTheNamesOfCertificatesAreAnswered) {
  const auto server = server_context({.fallback = std::nullopt, .by_name = {certificate_}});
  const auto client = client_trusting(pair_.certificate);
  connect(*server, *client, "edge.example.org");
  EXPECT_EQ(do_handshake().first.status, IoStatus::Progress);
  accepted_.reset();
  connect(*server, *client, "www.example.org");
  const auto [refused, unused] = do_handshake();
  EXPECT_EQ(refused.status, IoStatus::Failed);
  EXPECT_THAT(client_->to_string(refused), HasSubstr("unrecognized name"));
}

using SessionPtr = std::unique_ptr<SSL_SESSION, base::Freed<SSL_SESSION_free>>;

// With OpenSSL's own client, for what ours does not do.
class RawTlsTest : public TlsTest {
 protected:
  // True if both sides finish. The client has then read what the server sends behind its handshake,
  // so it holds a ticket.
  bool handshake_with(const ServerContext& server, SSL_SESSION* ticket = nullptr) {
    socket_ = connect_sockets();
    raw_.reset(SSL_new(raw_context_.get()));
    SSL_set_fd(raw_.get(), socket_.get());
    // SSL_set_tlsext_host_name() without its old-style cast.
    if (!asked_for_.empty()) {
      SSL_ctrl(raw_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               asked_for_.data());
    }
    // A copy, because a connection that ends without a word spoils its session.
    const SessionPtr copy(ticket == nullptr ? nullptr : SSL_SESSION_dup(ticket));
    if (copy != nullptr) SSL_set_session(raw_.get(), copy.get());
    server_ = server.accept(std::move(accepted_));
    int raw_done = 0;
    IoResult result = IoResult::would_block();
    net::testing::run_until(*loop_, [&] {
      if (raw_done != 1) raw_done = SSL_connect(raw_.get());
      if (result.status == IoStatus::WouldBlock) result = server_->handshake();
      return (raw_done == 1 && result.status == IoStatus::Progress) ||
             result.status == IoStatus::Failed;
    });
    ERR_clear_error();
    if (result.status == IoStatus::Failed) return false;
    write(*server_, "x");
    char byte = 0;
    return net::testing::run_until(*loop_, [&] { return SSL_read(raw_.get(), &byte, 1) == 1; });
  }

  SslContextPtr raw_context_{SSL_CTX_new(TLS_client_method())};
  std::string asked_for_;  // by SNI; empty: no name
  base::Descriptor socket_;
  SslPtr raw_;
};

TEST_F(RawTlsTest, SessionsResumeOnAnotherShardUntilTheKeysAreGone) {
  const auto first_shard = server_context({certificate_});
  const auto second_shard = server_context({certificate_});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(raw_context_.get(), version);
    ASSERT_TRUE(handshake_with(*first_shard));
    EXPECT_FALSE(session_info(*server_).resumed);
    const SessionPtr session(SSL_get1_session(raw_.get()));
    const SessionPtr ticket(SSL_SESSION_dup(session.get()));
    ASSERT_TRUE(handshake_with(*second_shard, ticket.get()));
    EXPECT_TRUE(session_info(*server_).resumed) << version;

    clock_.advance(TicketKeys::kRotation);
    ASSERT_TRUE(handshake_with(*second_shard, ticket.get()));
    EXPECT_TRUE(session_info(*server_).resumed) << "the previous key still opens";
    clock_.advance(TicketKeys::kRotation);
    ASSERT_TRUE(handshake_with(*second_shard, ticket.get()));
    EXPECT_FALSE(session_info(*server_).resumed) << version;
  }
}

// A ticket says who the client is to the server, whatever the server shows to others by then.
TEST_F(RawTlsTest, SessionsResumeAfterTheCertificateWasReplaced) {
  const auto before = server_context({certificate_});
  const auto after = server_context({testing::certificate_of(testing::make_pem_pair())});
  asked_for_ = "edge.example.org";
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(raw_context_.get(), version);
    ASSERT_TRUE(handshake_with(*before));
    const SessionPtr ticket(SSL_SESSION_dup(SSL_get0_session(raw_.get())));
    ASSERT_TRUE(handshake_with(*after, ticket.get()));
    EXPECT_TRUE(session_info(*server_).resumed) << version;
    EXPECT_EQ(session_info(*server_).server_name, "edge.example.org") << version;
  }
}

TEST_F(RawTlsTest, NoTicketAllowsEarlyData) {
  ASSERT_TRUE(handshake_with(*server_context({certificate_})));
  EXPECT_EQ(SSL_SESSION_get_max_early_data(SSL_get0_session(raw_.get())), 0U);
}

// A client that cannot verify ECDSA got no certificate but that.
TEST_F(RawTlsTest, OfTwoKeysForOneNameTheOneTheClientCanVerifyIsShown) {
  const Certificate rsa = testing::certificate_of(testing::make_pem_pair({.has_rsa_key = true}));
  const Certificate newer = testing::certificate_of(testing::make_pem_pair());
  asked_for_ = "edge.example.org";
  // The kind of the key that is shown; 0 if the handshake fails.
  const auto shown_to = [this](const CertificateTable& table, const char* algorithms) {
    const auto server = server_context(table);
    raw_context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set1_sigalgs_list(raw_context_.get(), algorithms);
    const bool is_done = handshake_with(*server);
    const base::X509Ptr shown(is_done ? SSL_get1_peer_certificate(raw_.get()) : nullptr);
    server_.reset();
    return is_done ? EVP_PKEY_get_base_id(X509_get0_pubkey(shown.get())) : 0;
  };
  constexpr const char* kRsa = "rsa_pss_rsae_sha256:RSA+SHA256";
  constexpr const char* kEcdsa = "ECDSA+SHA256";
  for (const CertificateTable& table :
       {CertificateTable{certificate_, {certificate_, rsa}},
        CertificateTable{certificate_, {rsa, certificate_}},
        CertificateTable{certificate_, {rsa, certificate_, newer}, {1, 1, 1}}}) {
    EXPECT_EQ(shown_to(table, kRsa), EVP_PKEY_RSA);
    EXPECT_EQ(shown_to(table, kEcdsa), EVP_PKEY_EC);
  }
  // What is out of its time, or makeshift, is not shown because of its kind.
  for (const CertificateTable& table :
       {CertificateTable{certificate_, {rsa, certificate_}, {0, 1}},
        CertificateTable{certificate_, {certificate_, rsa}, {1, 0}}}) {
    EXPECT_EQ(shown_to(table, kEcdsa), EVP_PKEY_EC);
    EXPECT_EQ(shown_to(table, kRsa), 0);
  }
}

TEST_F(RawTlsTest, AClientThatWantsToRenegotiateIsRefusedAndEnded) {
  SSL_CTX_set_max_proto_version(raw_context_.get(), TLS1_2_VERSION);
  ASSERT_TRUE(handshake_with(*server_context({certificate_})));
  EXPECT_EQ(SSL_get_secure_renegotiation_support(raw_.get()), 1) << "RFC 5746";
  SSL_renegotiate(raw_.get());
  IoResult result;
  int raw_done = 0;
  net::testing::run_until(*loop_, [&] {
    char byte = 0;
    raw_done = SSL_do_handshake(raw_.get());
    result = server_->read({&byte, 1});
    return result.status == IoStatus::Failed;
  });
  EXPECT_EQ(result.code, static_cast<std::uint64_t>(EPROTO));
  EXPECT_NE(raw_done, 1);
}

// They come faster than they are read, so the socket is never found empty.
TEST_F(RawTlsTest, AClientThatSendsNothingButKeyUpdatesIsEnded) {
  ASSERT_TRUE(handshake_with(*server_context({certificate_})));
  for (int i = 0; i < 10'000; ++i) {
    SSL_key_update(raw_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(raw_.get());
  }
  IoResult result;
  net::testing::run_until(*loop_, [&] {
    char byte = 0;
    result = server_->read({&byte, 1});
    return result.status == IoStatus::Failed;
  });
  EXPECT_EQ(result.code, static_cast<std::uint64_t>(EPROTO));
}

TEST_F(RawTlsTest, OldVersionsAreRefused) {
  SSL_CTX_set_security_level(raw_context_.get(), 0);
  SSL_CTX_set_min_proto_version(raw_context_.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(raw_context_.get(), TLS1_1_VERSION);
  EXPECT_FALSE(handshake_with(*server_context({certificate_})));
}

TEST_F(RawTlsTest, AClientThatSpeaksOnlyOtherProtocolsIsRefused) {
  const auto server = server_context({certificate_});
  const unsigned char only_h2[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(raw_context_.get(), only_h2, sizeof only_h2);
  EXPECT_FALSE(handshake_with(*server));
  const unsigned char both[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(raw_context_.get(), both, sizeof both);
  EXPECT_TRUE(handshake_with(*server));
  EXPECT_EQ(session_info(*server_).alpn, "http/1.1");
}

TEST_F(RawTlsTest, Http2IsChosenByClientsThatOfferIt) {
  const auto server = *ServerContext::create({certificate_}, std::make_shared<TicketKeys>(),
                                             buffers_, ApplicationProtocol::Http2OrHttp11);
  // In the client's order that is the last; ours counts.
  const unsigned char both[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1', 2, 'h', '2'};
  SSL_CTX_set_alpn_protos(raw_context_.get(), both, sizeof both);
  EXPECT_TRUE(handshake_with(*server));
  EXPECT_EQ(session_info(*server_).alpn, "h2");
  SSL_CTX_set_alpn_protos(raw_context_.get(), both, 9);
  EXPECT_TRUE(handshake_with(*server));
  EXPECT_EQ(session_info(*server_).alpn, "http/1.1");
  const unsigned char other[] = {6, 's', 'p', 'd', 'y', '/', '3'};
  SSL_CTX_set_alpn_protos(raw_context_.get(), other, sizeof other);
  EXPECT_FALSE(handshake_with(*server));
}

TEST_F(RawTlsTest, AClientWithoutNameOrProtocolIsServed) {
  EXPECT_TRUE(handshake_with(*server_context({certificate_})));
  EXPECT_EQ(session_info(*server_).server_name, "");
  EXPECT_EQ(session_info(*server_).alpn, "");
}

TEST_F(RawTlsTest, WithoutAnyCertificateEveryClientIsRefused) {
  const auto server = server_context({.fallback = std::nullopt});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(raw_context_.get(), version);
    EXPECT_FALSE(handshake_with(*server)) << version;
  }
}

}  // namespace
}  // namespace mex::tls
