#include "certificates/dns_challenge_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "dns/testing.h"
#include "http_client/client.h"

namespace mex::certificates {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kName = "_acme-challenge.edge.example";
constexpr const char* kProof = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0";

class DnsChallengeServerTest : public ::testing::Test {
 protected:
  void SetUp() override { challenge_ = *server_.open({"edge.example"}); }

  http_client::Response ask(const std::string& path, const std::string& password,
                            const std::string& name = kName, const std::string& method = "POST") {
    http_client::Options options;
    options.use_environment_proxy = false;
    http_client::Client client(std::move(options));
    http_client::Request request;
    request.method = method;
    request.url = challenge_.dns_endpoint + path;
    request.headers = {{"Authorization", "Basic " + absl::Base64Escape("lego:" + password)}};
    request.body = fmt::format(R"({{"fqdn":"{}.","value":"{}"}})", name, kProof);
    request.limits.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    return client.send(request).value_or(http_client::Response());
  }
  std::vector<std::string> proofs() const { return zone_.contents(kName, dns::RecordType::Txt); }

  dns::testing::MemoryZone zone_;
  DnsChallengeServer server_{zone_};
  ChallengeOptions challenge_;
};

TEST_F(DnsChallengeServerTest, SetsAndRemovesWhatLegoAsksFor) {
  EXPECT_EQ(ask("/present", challenge_.dns_password.reveal()).status, 200);
  EXPECT_THAT(proofs(), ElementsAre(kProof));
  EXPECT_EQ(ask("/cleanup", challenge_.dns_password.reveal()).status, 200);
  EXPECT_THAT(proofs(), IsEmpty());
}

TEST_F(DnsChallengeServerTest, IsForLegoAlone) {
  EXPECT_EQ(ask("/present", "wrong").status, 401);
  EXPECT_THAT(proofs(), IsEmpty());
}

TEST_F(DnsChallengeServerTest, DoesNothingElse) {
  const std::string password = challenge_.dns_password.reveal();
  EXPECT_EQ(ask("/other", password).status, 404);
  EXPECT_EQ(ask("/present", password, kName, "PUT").status, 404);
  const auto refused = ask("/present", password, "_acme-challenge.other.example");
  EXPECT_EQ(refused.status, 500);
  EXPECT_THAT(refused.body, HasSubstr("is not the challenge of a name that is ordered"));
}

TEST_F(DnsChallengeServerTest, PassesTheProvidersReasonOn) {
  zone_.fail({}, absl::PermissionDeniedError("no rights"));
  const auto refused = ask("/present", challenge_.dns_password.reveal());
  EXPECT_EQ(refused.status, 500);
  EXPECT_THAT(refused.body, HasSubstr("no rights"));
}

TEST_F(DnsChallengeServerTest, HasAnotherPasswordForEachOrder) {
  const std::string previous = challenge_.dns_password.reveal();
  server_.close();
  challenge_ = *server_.open({"edge.example"});
  EXPECT_EQ(ask("/present", previous).status, 401);
}

}  // namespace
}  // namespace mex::certificates
