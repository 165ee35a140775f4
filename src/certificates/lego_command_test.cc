#include "certificates/lego_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::certificates {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

AcmeOptions options(Challenge challenge) {
  AcmeOptions options;
  options.email = "you@example.net";
  options.server = "https://ca.test/dir";
  options.names = {"edge.example.net", "*.edge.example.net"};
  options.challenge = challenge;
  options.directory = "/certs";
  return options;
}

std::string line(const base::ChildCommand& command) {
  std::string text;
  for (const std::string& each : command.arguments) text += (text.empty() ? "" : " ") + each;
  return text;
}

TEST(LegoCommand, NamesWhatIsOrderedAndWhere) {
  ChallengeOptions challenge;
  challenge.webroot = "/state/web";
  EXPECT_EQ(line(lego_order(options(Challenge::Http01), challenge, {})),
            "lego --accept-tos --email you@example.net --server https://ca.test/dir --path "
            "/certs/acme --key-type ec256 --domains edge.example.net --domains *.edge.example.net "
            "--http --http.webroot /state/web run");
}

TEST(LegoCommand, SaysWhereToAnswerTls) {
  ChallengeOptions challenge;
  challenge.tls_address = "127.0.0.1:4711";
  EXPECT_THAT(line(lego_order(options(Challenge::TlsAlpn01), challenge, {})),
              HasSubstr("--tls --tls.port 127.0.0.1:4711 run"));
}

TEST(LegoCommand, AsksTheAgentForTxtRecordsWithASecretInTheEnvironment) {
  ChallengeOptions challenge;
  challenge.dns_endpoint = "http://127.0.0.1:1234";
  challenge.dns_password = base::Secret("hidden");
  AcmeOptions closed = options(Challenge::Dns01);
  closed.resolvers = {"127.0.0.1:53"};
  const base::ChildCommand command = lego_order(closed, challenge, {});
  EXPECT_THAT(line(command),
              HasSubstr("--dns httpreq --dns.resolvers 127.0.0.1:53 --dns.disable-cp run"));
  EXPECT_THAT(line(command), Not(HasSubstr("hidden")));
  EXPECT_THAT(command.environment,
              IsSupersetOf({"HTTPREQ_ENDPOINT=http://127.0.0.1:1234", "HTTPREQ_USERNAME=lego",
                            "HTTPREQ_PASSWORD=hidden"}));
}

TEST(LegoCommand, PassesOnlyOnWhatItNeeds) {
  const std::vector<std::string> environment = {"PATH=/bin", "OS_PASSWORD=x", "https_proxy=p",
                                                "AWS_SECRET=y"};
  AcmeOptions by_agent = options(Challenge::Http01);
  by_agent.ca_file = "/ca.pem";
  EXPECT_THAT(lego_order(by_agent, {}, environment).environment,
              ElementsAre("PATH=/bin", "https_proxy=p", "LEGO_CA_CERTIFICATES=/ca.pem"));
  AcmeOptions by_lego = options(Challenge::Dns01);
  by_lego.lego_dns_provider = "route53";
  const base::ChildCommand command = lego_order(by_lego, {}, environment);
  EXPECT_THAT(command.environment, Contains("AWS_SECRET=y"));
  EXPECT_THAT(line(command), HasSubstr("--dns route53 run"));
}

TEST(LegoCommand, AProviderOfLegosGetsNothingThatIsTheAgents) {
  const std::vector<std::string> environment = {"OS_PASSWORD=x", "MEX_ACME_EAB_HMAC=y",
                                                "CF_Token=z", "CF_DNS_API_TOKEN=own"};
  AcmeOptions by_lego = options(Challenge::Dns01);
  const auto given = [&](const char* provider) {
    by_lego.lego_dns_provider = provider;
    return lego_order(by_lego, {}, environment).environment;
  };
  EXPECT_THAT(given("route53"), ElementsAre("CF_DNS_API_TOKEN=own"));
  EXPECT_THAT(given("cloudflare"), ElementsAre("CF_Token=z", "CF_DNS_API_TOKEN=own"));
  EXPECT_THAT(given("designate"), ElementsAre("OS_PASSWORD=x", "CF_DNS_API_TOKEN=own"));
}

TEST(LegoCommand, NeverHoldsTheKeyOfAnExternalAccount) {
  AcmeOptions bound = options(Challenge::Http01);
  bound.external_account = "kid-1";
  bound.external_account_key = base::Secret("aG1hYw");
  const base::ChildCommand order = lego_order(bound, {}, {"MEX_ACME_EAB_HMAC=aG1hYw"});
  EXPECT_THAT(line(order), HasSubstr(" --eab "));
  EXPECT_THAT(line(order), Not(HasSubstr("--kid")));
  EXPECT_THAT(line(order), Not(HasSubstr("aG1hYw")));
  EXPECT_THAT(order.environment, Not(Contains(HasSubstr("aG1hYw"))));
}

TEST(LegoCommand, AnOldLegoIsToldByWhatItLacks) {
  const base::ChildCommand order = lego_order(options(Challenge::Http01), {}, {});
  std::string help;
  for (const char* option :
       {"--accept-tos, -a", "--email value", "--server value, -s value", "--path value",
        "--key-type value, -k", "--domains value", "--http  "}) {
    help += std::string("   ") + option + "   \n";
  }
  const absl::Status old = check_lego_knows(help, order);
  EXPECT_EQ(old.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(base::message_of(old)),
              HasSubstr("lego is too old: it has no option --http.webroot"));
  EXPECT_TRUE(check_lego_knows(help + "   --http.webroot value\n", order).ok());
}

}  // namespace
}  // namespace mex::certificates
