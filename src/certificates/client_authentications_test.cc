#include "certificates/client_authentications.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "store/sqlite_store.h"
#include "tls/testing.h"

namespace mex::certificates {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ClientAuthenticationsTest : public ::testing::Test {
 protected:
  void open() {
    hosts_ = *ClientAuthentications::open(*store_);
    hosts_->follow([this] {
      ++applied_;
      return absl::OkStatus();
    });
  }
  ClientAuthentication asking(const std::string& host) const { return {.host = host, .ca = ca_}; }
  static std::string error_of(const absl::Status& status) {
    return std::string(base::message_of(status));
  }

  const std::string ca_ =
      tls::testing::make_pem_pair({.common_name = "ca", .is_authority = true}).certificate;
  const base::TemporaryDirectory directory_;
  std::unique_ptr<store::Store> store_ = *store::open_sqlite_store(directory_.path());
  std::unique_ptr<ClientAuthentications> hosts_;
  int applied_ = 0;
};

TEST_F(ClientAuthenticationsTest, AChangeIsInForceAndLasts) {
  open();
  EXPECT_THAT(hosts_->verifications(), IsEmpty());
  ClientAuthentication asked = asking("*.Example.org.");
  asked.is_optional = true;
  asked.depth = 3;
  ASSERT_TRUE(hosts_->put(asked).ok());
  ASSERT_TRUE(hosts_->put(asking("a.example.org")).ok());
  EXPECT_EQ(applied_, 2);
  for (int i = 0; i < 2; ++i, open()) {
    ASSERT_THAT(hosts_->verifications(), SizeIs(2));
    const auto found = hosts_->find("*.EXAMPLE.org");
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->asked.host, "*.example.org");
    EXPECT_TRUE(found->asked.is_optional);
    EXPECT_EQ(found->asked.depth, 3);
    EXPECT_EQ(found->authorities.front(), "CN=ca");
    EXPECT_EQ(hosts_->verifications().front().host, "*.example.org");
    EXPECT_FALSE(hosts_->verifications().front().verification.is_required());
    EXPECT_TRUE(hosts_->verifications().back().verification.is_required());
  }
  ASSERT_TRUE(hosts_->remove("A.example.org").ok());
  EXPECT_EQ(applied_, 3);
  EXPECT_THAT(hosts_->list(), SizeIs(1));
  EXPECT_TRUE(absl::IsNotFound(hosts_->remove("a.example.org")));
  EXPECT_TRUE(absl::IsNotFound(hosts_->find("a.example.org").status()));
}

TEST_F(ClientAuthenticationsTest, WhatIsWrongChangesNothing) {
  open();
  for (const char* host :
       {"", "*", "*.", "a b", "a..b", ".a", "a.*.b", "https://a", "a:443", "[::1]"}) {
    EXPECT_THAT(error_of(hosts_->put(asking(host)).status()), HasSubstr("host: must be a name"))
        << host;
  }
  EXPECT_THAT(error_of(hosts_->put({.host = "a", .ca = "x"}).status()), HasSubstr("ca: holds no"));
  EXPECT_THAT(error_of(hosts_->put({.host = "a", .ca = std::string(300'000, 'x')}).status()),
              HasSubstr("ca: has 300000 bytes"));
  EXPECT_THAT(
      error_of(hosts_->put({.host = "a", .ca = ca_, .crl = std::string(2'000'000, 'x')}).status()),
      HasSubstr("crl: has 2000000 bytes"));
  EXPECT_EQ(applied_, 0);
  EXPECT_THAT(hosts_->list(), IsEmpty());
}

// To be served without a certificate would be the worse answer.
TEST_F(ClientAuthenticationsTest, AHostWhoseRecordCannotBeReadIsClosed) {
  store::Transaction transaction;
  transaction.put(client_authentication_key("cut.example"), "{\"host\":\"cut.ex");
  ClientAuthentication damaged = asking("damaged.example");
  damaged.ca.replace(damaged.ca.size() / 2, 4, "!!!!");
  transaction.put(client_authentication_key(damaged.host), to_json(damaged));
  ASSERT_TRUE(store_->commit(transaction).ok());
  open();
  const auto closed = tls::ClientVerification::closed();
  ASSERT_THAT(hosts_->verifications(), SizeIs(2));
  for (const auto& each : hosts_->verifications()) {
    EXPECT_EQ(each.verification.id(), closed.id()) << each.host;
  }
  EXPECT_THAT(hosts_->find("damaged.example")->problem, HasSubstr("ca: certificate 1 is damaged"));
  EXPECT_TRUE(store_->is_set_aside(client_authentication_key("cut.example")));
  // What was set aside is not written over; what can be read may be mended.
  EXPECT_FALSE(hosts_->put(asking("cut.example")).ok());
  EXPECT_TRUE(hosts_->put(asking("damaged.example")).ok());
  EXPECT_EQ(hosts_->find("damaged.example")->problem, "");
}

TEST_F(ClientAuthenticationsTest, WhatTheProxyDoesNotTakeIsSaid) {
  open();
  hosts_->follow([] { return absl::InternalError("no memory"); });
  EXPECT_THAT(error_of(hosts_->put(asking("a.example")).status()),
              HasSubstr("it is stored, but not active yet: no memory"));
}

}  // namespace
}  // namespace mex::certificates
