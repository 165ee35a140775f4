#include "tls/tls_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "base/status.h"
#include "tls/tls_fixture.h"

namespace mex::tls {
namespace {

using net::IoResult;
using net::IoStatus;
using ::testing::HasSubstr;
using testing::TlsTest;

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

}  // namespace
}  // namespace mex::tls
