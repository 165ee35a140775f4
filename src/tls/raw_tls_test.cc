// What clients other than ours do to a server of TLS.

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <cerrno>

#include "tls/tls_fixture.h"

namespace mex::tls {
namespace {

using net::IoResult;
using net::IoStatus;
using testing::RawTlsTest;
using testing::SessionPtr;

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

// Browsers do so. Without a new ticket in each resumed session they have used up theirs after two.
TEST_F(RawTlsTest, AClientThatUsesEachTicketOnceResumesForEver) {
  const auto server = server_context({certificate_});
  ASSERT_TRUE(handshake_with(*server));
  std::string used;
  for (int i = 0; i < 10; ++i) {
    const SessionPtr next(SSL_SESSION_dup(SSL_get0_session(raw_.get())));
    const unsigned char* ticket = nullptr;
    std::size_t length = 0;
    SSL_SESSION_get0_ticket(next.get(), &ticket, &length);
    const std::string bytes(reinterpret_cast<const char*>(ticket), length);
    EXPECT_NE(bytes, used);
    used = bytes;
    ASSERT_TRUE(handshake_with(*server, next.get()));
    EXPECT_TRUE(session_info(*server_).resumed) << i;
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
