#include "tls/client_verification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"
#include "tls/client_identity.h"
#include "tls/tls_fixture.h"

namespace mex::tls {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RawTlsTest;
using testing::SessionPtr;

// An authority that is its own only client: a certificate which signs itself.
testing::PemPair authority_of(const std::string& name) {
  return testing::make_pem_pair({.common_name = name, .is_authority = true});
}

std::string error_of(const ClientVerification::Spec& spec) {
  const auto made = ClientVerification::create(spec);
  return made.ok() ? "accepted" : std::string(base::message_of(made.status()));
}

TEST(ClientVerification, KnowsItsAuthorities) {
  const std::string both = authority_of("first").certificate + authority_of("second").certificate;
  const auto verification = ClientVerification::create({.ca_pem = both});
  ASSERT_TRUE(verification.ok());
  EXPECT_THAT(verification->authorities(), ElementsAre("CN=first", "CN=second"));
  EXPECT_TRUE(verification->is_required());
}

TEST(ClientVerification, SaysWhatIsWrong) {
  const std::string ca = authority_of("ca").certificate;
  EXPECT_THAT(error_of({.ca_pem = ""}), HasSubstr("ca: holds no certificate in PEM form"));
  EXPECT_THAT(error_of({.ca_pem = testing::make_pem_pair().certificate}),
              HasSubstr("certificate 1 (CN=edge.example.org) is not one of an authority"));
  std::string damaged = ca;
  damaged.replace(damaged.size() / 2, 4, "!!!!");
  EXPECT_THAT(error_of({.ca_pem = ca + damaged}), HasSubstr("ca: certificate 2 is damaged"));
  EXPECT_THAT(error_of({.ca_pem = ca, .crl_pem = "nothing"}), HasSubstr("crl: holds no list"));
  EXPECT_THAT(error_of({.ca_pem = ca, .crl_pem = "-----BEGIN X509 CRL-----\n!\n"}),
              HasSubstr("crl: list 1 is damaged"));
  EXPECT_THAT(error_of({.ca_pem = ca, .depth = 11}), HasSubstr("depth: must be 0 to 10"));
  std::string many;
  for (std::size_t i = 0; i <= ClientVerification::kMaxAuthorities; ++i) many += ca;
  EXPECT_THAT(error_of({.ca_pem = many}), HasSubstr("ca: holds more than 100 certificates"));
}

TEST(ClientVerification, EveryDifferenceMakesAnotherOne) {
  const std::string ca = authority_of("ca").certificate;
  const auto id_of = [](const ClientVerification::Spec& spec) {
    return std::string(ClientVerification::create(spec)->id());
  };
  const std::string id = id_of({.ca_pem = ca});
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(id, id_of({.ca_pem = ca}));
  EXPECT_NE(id, id_of({.ca_pem = ca, .is_required = false}));
  EXPECT_NE(id, id_of({.ca_pem = ca, .depth = 2}));
  EXPECT_NE(id, id_of({.ca_pem = ca + authority_of("other").certificate}));
  EXPECT_NE(id, ClientVerification::closed().id());
}

class VerifiedHostTest : public RawTlsTest {
 protected:
  std::shared_ptr<const ServerContext> server_with(const ClientVerification& verification) {
    return server_context(
        {.fallback = certificate_, .verifications = {{"*.guarded.example", verification}}});
  }
  ClientVerification asking(bool is_required) {
    return *ClientVerification::create({.ca_pem = ca_.certificate, .is_required = is_required});
  }
  // From now on, or no certificate.
  void show(const testing::PemPair* pair) {
    raw_context_.reset(SSL_CTX_new(TLS_client_method()));
    if (pair == nullptr) return;
    const Certificate certificate = testing::certificate_of(*pair);
    const std::string chain = certificate.chain_pem();
    const BioPtr in(BIO_new_mem_buf(chain.data(), static_cast<int>(chain.size())));
    const X509Ptr own(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    const BioPtr key_in(BIO_new_mem_buf(pair->key.data(), static_cast<int>(pair->key.size())));
    const PrivateKeyPtr key(PEM_read_bio_PrivateKey(key_in.get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(raw_context_.get(), own.get());
    SSL_CTX_use_PrivateKey(raw_context_.get(), key.get());
  }
  bool visit(const ServerContext& server, const char* host, SSL_SESSION* ticket = nullptr) {
    asked_for_ = host;
    return handshake_with(server, ticket);
  }

  const testing::PemPair ca_ = authority_of("device");
};

TEST_F(VerifiedHostTest, WhoGetsIn) {
  const testing::PemPair unknown = authority_of("device");
  const testing::PemPair* const nothing = nullptr;
  const struct {
    const testing::PemPair* shown;
    bool is_required;
    bool gets_in;
  } rows[] = {{&ca_, true, true},  {&unknown, true, false},  {nothing, true, false},
              {&ca_, false, true}, {&unknown, false, false}, {nothing, false, true}};
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const auto& row : rows) {
      const auto server = server_with(asking(row.is_required));
      show(row.shown);
      SSL_CTX_set_max_proto_version(raw_context_.get(), version);
      ASSERT_EQ(visit(*server, "a.B.guarded.example"), row.gets_in);
      if (!row.gets_in) continue;
      const auto identity = client_identity(*server_);
      ASSERT_NE(identity, nullptr);
      EXPECT_EQ(identity->verification, asking(row.is_required).id());
      EXPECT_EQ(identity->certificate.empty(), row.shown == nullptr);
      EXPECT_EQ(identity->chain, "");
      if (row.shown == nullptr) continue;
      EXPECT_EQ(identity->certificate.front(), ':');
      EXPECT_EQ(identity->certificate.back(), ':');
    }
  }
}

TEST_F(VerifiedHostTest, OtherHostsAskForNothing) {
  const auto server = server_with(asking(true));
  show(nullptr);
  ASSERT_TRUE(visit(*server, "guarded.example"));
  EXPECT_EQ(client_identity(*server_), nullptr);
  EXPECT_TRUE(visit(*server, ""));
}

TEST_F(VerifiedHostTest, AHostThatIsClosedLetsNoOneIn) {
  const auto server = server_with(ClientVerification::closed());
  for (const testing::PemPair* shown : {&ca_, static_cast<const testing::PemPair*>(nullptr)}) {
    show(shown);
    EXPECT_FALSE(visit(*server, "a.guarded.example"));
  }
}

// nginx: CVE-2025-23419.
TEST_F(VerifiedHostTest, ATicketOfAnotherHostLetsNoOneIn) {
  const auto server = server_with(asking(true));
  show(nullptr);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(raw_context_.get(), version);
    ASSERT_TRUE(visit(*server, "open.example"));
    const SessionPtr ticket(SSL_SESSION_dup(SSL_get0_session(raw_.get())));
    ASSERT_TRUE(visit(*server, "open.example", ticket.get()));
    EXPECT_TRUE(session_info(*server_).resumed);
    EXPECT_FALSE(visit(*server, "a.guarded.example", ticket.get())) << version;
  }
}

TEST_F(VerifiedHostTest, AHostThatAsksGivesNoTickets) {
  const auto server = server_with(asking(true));
  show(&ca_);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(raw_context_.get(), version);
    ASSERT_TRUE(visit(*server, "a.guarded.example"));
    EXPECT_EQ(SSL_SESSION_has_ticket(SSL_get0_session(raw_.get())), 0) << version;
    const SessionPtr session(SSL_SESSION_dup(SSL_get0_session(raw_.get())));
    ASSERT_TRUE(visit(*server, "a.guarded.example", session.get()));
    EXPECT_FALSE(session_info(*server_).resumed) << version;
    EXPECT_NE(client_identity(*server_)->certificate, "");
  }
}

// A HelloRetryRequest makes the client greet twice.
TEST_F(VerifiedHostTest, AHostThatAsksDoesSoAfterASecondGreeting) {
  const auto server = server_with(asking(true));
  show(nullptr);
  // The first of the list gets a key share, and is one that we do not have.
  SSL_CTX_set1_groups_list(raw_context_.get(), "P-521:P-384");
  EXPECT_FALSE(visit(*server, "a.guarded.example"));
  EXPECT_TRUE(visit(*server, "open.example"));
}

TEST_F(VerifiedHostTest, AConnectionIsGoodForHostsThatAskTheSame) {
  const ClientVerification asked = asking(true);
  const auto server = server_context(
      {.fallback = certificate_,
       .verifications = {
           {"a.example", asked}, {"b.example", asked}, {"c.example", asking(false)}}});
  const ClientIdentity client{
      .verification = std::string(asked.id()), .certificate = "", .chain = ""};
  for (const char* host : {"a.example", "B.example.", "open.example", ""}) {
    EXPECT_TRUE(server->may_ask_for(host, &client)) << host;
  }
  EXPECT_FALSE(server->may_ask_for("c.example", &client));
  EXPECT_FALSE(server->may_ask_for("a.example.", nullptr));
  EXPECT_TRUE(server->may_ask_for("open.example", nullptr));
}

}  // namespace
}  // namespace mex::tls
