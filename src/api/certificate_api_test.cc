#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api_server_fixture.h"
#include "api/v1/certificate_resources.h"

namespace mex::api {
namespace {

using certificates::CertificateView;
using certificates::RenewalState;
using certificates::RenewalView;
using certificates::Source;
using ::testing::HasSubstr;
using ::testing::Not;

// Two certificates; only the default one is ordered by the agent.
class FakeInventory final : public certificates::CertificateInventory {
 public:
  std::vector<CertificateView> list() const override {
    RenewalView renewal;
    renewal.state = is_ordering ? RenewalState::Ordering : RenewalState::BackingOff;
    renewal.server = "https://acme.example/directory";
    renewal.challenge = "http-01";
    renewal.names = {"edge.example.org"};
    renewal.last_attempt = base::WallTime(std::chrono::seconds(100));
    renewal.failures = 2;
    renewal.problem = "refused";
    CertificateView ordered;
    ordered.name = "default";
    ordered.source = Source::Acme;
    ordered.names = {"edge.example.org"};
    ordered.serial = "0A";
    ordered.certificate_file = "/certs/cert.pem";
    ordered.key_file = "/certs/key.pem";
    ordered.renewal = renewal;
    CertificateView other;
    other.name = "apps";
    other.source = Source::Files;
    other.problem = "ends soon";
    return {ordered, other};
  }
  absl::Status renew(const std::string& name) override {
    if (name != "default") return absl::FailedPreconditionError("not ordered by the agent");
    is_ordering = true;
    return absl::OkStatus();
  }

  bool is_ordering = false;
};

class CertificateApiTest : public ApiServerTest {
 protected:
  void SetUp() override {
    certificates_ = &inventory_;
    ApiServerTest::SetUp();
  }
  FakeInventory inventory_;
};

TEST_F(CertificateApiTest, ListsAllWithTheirFilesTimesAndProblems) {
  const RawReply reply = get("/v1/certificates");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr(R"("name":"default","source":"ACME")"));
  EXPECT_THAT(reply.body,
              HasSubstr(R"("files":{"certificate":"/certs/cert.pem","key":"/certs/key.pem"})"));
  EXPECT_THAT(reply.body, HasSubstr(R"("state":"BACKING_OFF")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("last_attempt_at":"1970-01-01T00:01:40Z")"));
  EXPECT_THAT(reply.body, Not(HasSubstr("last_success_at")));
  EXPECT_THAT(reply.body, HasSubstr(R"("problem":"ends soon")"));
}

TEST_F(CertificateApiTest, GetsOneByName) {
  EXPECT_THAT(get("/v1/certificates/apps").body, HasSubstr(R"("source":"FILES")"));
  const RawReply missing = get("/v1/certificates/none");
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.body, HasSubstr("no certificate is called"));
}

TEST_F(CertificateApiTest, RenewsWhatTheAgentOrders) {
  const RawReply reply = post("/v1/certificates/default:renew", "");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr(R"("state":"ORDERING")"));
  EXPECT_EQ(post("/v1/certificates/apps:renew", "{}").status, 400);
  EXPECT_EQ(post("/v1/certificates/none:renew", "{}").status, 404);
}

TEST_F(ApiServerTest, WithTheProxyOffThereAreNoCertificates) {
  EXPECT_EQ(get("/v1/certificates").body, "{}");
  EXPECT_EQ(get("/v1/certificates/default").status, 404);
  EXPECT_EQ(post("/v1/certificates/default:renew", "{}").status, 404);
}

}  // namespace
}  // namespace mex::api
