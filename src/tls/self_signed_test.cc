#include "tls/self_signed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "base/status.h"
#include "tls/certificate_content.h"

namespace mex::tls {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const base::WallTime kNow = std::chrono::floor<seconds>(base::system_clock().wall_now());

SelfSignedRequest request() {
  return {"self-signed by mexosagent",
          {"edge.example.org", "*.edge.example.org", "10.0.0.1", "2001:db8::1"},
          kNow - hours(1),
          kNow + hours(24)};
}

TEST(SelfSigned, IsWhatWasAskedFor) {
  const auto made = make_self_signed(request());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->names(),
              ElementsAre("edge.example.org", "*.edge.example.org", "10.0.0.1", "2001:db8::1"));
  EXPECT_EQ(made->subject(), "CN=self-signed by mexosagent");
  EXPECT_EQ(made->issuer(), made->subject());
  EXPECT_EQ(made->not_before(), kNow - hours(1));
  EXPECT_EQ(made->not_after(), kNow + hours(24));
}

TEST(SelfSigned, VerifiesForWhoTrustsItAndIsNoAuthority) {
  const auto made = make_self_signed(request());
  ASSERT_TRUE(made.ok());
  X509* certificate = made->content().own.get();
  EXPECT_EQ(X509_verify(certificate, X509_get0_pubkey(certificate)), 1);
  EXPECT_EQ(X509_check_ca(certificate), 0);
  EXPECT_EQ(X509_check_host(certificate, "a.edge.example.org", 0, 0, nullptr), 1);
}

TEST(SelfSigned, NoTwoAreTheSame) {
  EXPECT_NE(make_self_signed(request())->fingerprint(), make_self_signed(request())->fingerprint());
  EXPECT_NE(make_self_signed(request())->serial(), make_self_signed(request())->serial());
}

TEST(SelfSigned, NamesThatWouldChangeTheListAreRefused) {
  for (const char* name : {"", "a,DNS:b", "a b", "a\nb"}) {
    SelfSignedRequest bad = request();
    bad.names = {name};
    EXPECT_EQ(make_self_signed(bad).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
}

TEST(SelfSigned, ACommonNameThatIsTooLongIsRefused) {
  SelfSignedRequest bad = request();
  bad.common_name = std::string(65, 'a');
  const auto made = make_self_signed(bad);
  EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(base::message_of(made.status())), HasSubstr("common name"));
}

}  // namespace
}  // namespace mex::tls
