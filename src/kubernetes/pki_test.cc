#include "kubernetes/pki.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/status.h"
#include "kubernetes/testing/command.h"

namespace mex::kubernetes {
namespace {

using base::TemporaryDirectory;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::run;
using ::testing::StartsWith;

base::WallTime now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

const ClusterPki& shared_pki() {
  static const ClusterPki pki = *make_cluster_pki("demo.tenant-1", now());
  return pki;
}

std::string text_of(const std::string& certificate_pem) {
  const TemporaryDirectory directory;
  return run("openssl x509 -noout -text -in " +
             testing::write_file(directory, "c.crt", certificate_pem))
      .output;
}

// The judgement of the openssl command line.
testing::Outcome verify(const std::string& authority_pem, const std::string& certificate_pem,
                        const std::string& options = "-purpose sslclient") {
  const TemporaryDirectory directory;
  const std::string authority = testing::write_file(directory, "ca.crt", authority_pem);
  const std::string certificate = testing::write_file(directory, "c.crt", certificate_pem);
  return run("openssl verify -x509_strict -CAfile " + authority + " " + options + " " +
             certificate);
}

TEST(PkiTest, OpensslVerifiesEveryClientAgainstItsOwnAuthorityOnly) {
  const ClusterPki& pki = shared_pki();
  for (const Identity* client : {&pki.admin, &pki.agent}) {
    const auto outcome = verify(pki.cluster_ca.certificate_pem, client->certificate_pem);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_NE(verify(pki.etcd_ca.certificate_pem, client->certificate_pem).exit_code, 0);
    EXPECT_NE(verify(pki.cluster_ca.certificate_pem, client->certificate_pem, "-purpose sslserver")
                  .exit_code,
              0)
        << "a client's certificate must not serve";
  }
}

TEST(PkiTest, TheAuthoritiesAreStrictlyCorrect) {
  const ClusterPki& pki = shared_pki();
  for (const auto& [authority, name] :
       {std::pair(&pki.cluster_ca, "kubernetes"), std::pair(&pki.front_proxy_ca, "front-proxy-ca"),
        std::pair(&pki.etcd_ca, "etcd-ca")}) {
    const std::string& pem = authority->certificate_pem;
    const auto outcome = verify(pem, pem, "-check_ss_sig");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    const std::string text = text_of(pem);
    EXPECT_THAT(text, HasSubstr("Basic Constraints: critical\n                CA:TRUE, pathlen:0"));
    EXPECT_THAT(text, HasSubstr("Key Usage: critical\n                Digital Signature, "
                                "Certificate Sign, CRL Sign"));
    EXPECT_THAT(text, HasSubstr("Subject Key Identifier"));
    EXPECT_THAT(text, HasSubstr(fmt::format("Subject: O = demo.tenant-1, CN = {}", name)));
    EXPECT_THAT(text, HasSubstr("NIST CURVE: P-256"));
    EXPECT_THAT(text, HasSubstr("ecdsa-with-SHA256"));
  }
}

TEST(PkiTest, TheClientsSayWhoTheyAre) {
  const std::string agent = text_of(shared_pki().agent.certificate_pem);
  EXPECT_THAT(agent, HasSubstr("Subject: O = system:masters, CN = mexosagent"));
  EXPECT_THAT(agent, HasSubstr("Basic Constraints: critical\n                CA:FALSE"));
  EXPECT_THAT(agent, HasSubstr("Key Usage: critical\n                Digital Signature\n"));
  EXPECT_THAT(agent, HasSubstr("TLS Web Client Authentication"));
  EXPECT_THAT(agent, HasSubstr("Authority Key Identifier"));
  EXPECT_THAT(text_of(shared_pki().admin.certificate_pem),
              HasSubstr("Subject: O = system:masters, CN = kubernetes-admin"));
}

TEST(PkiTest, TheTimesAreThoseOfTheCaller) {
  using namespace std::chrono;
  const base::WallTime begin = sys_days{2026y / November / 22} + 12h;
  const auto pki = make_cluster_pki("c", begin);
  ASSERT_TRUE(pki.ok()) << pki.status();
  EXPECT_THAT(text_of(pki->cluster_ca.certificate_pem),
              HasSubstr("Not Before: Nov 21 12:00:00 2026 GMT"));
  EXPECT_EQ(certificate_life("ca", pki->cluster_ca.certificate_pem)->end, begin + days(3650));
  EXPECT_EQ(*certificate_life("agent", pki->agent.certificate_pem),
            (CertificateLife{"agent", begin - days(1), begin + days(365)}));
  EXPECT_EQ(certificate_life("agent", "hello").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(PkiTest, AClientNeverOutlivesItsAuthority) {
  using namespace std::chrono;
  const base::WallTime begin = sys_days{2026y / November / 22};
  const Identity authority = make_cluster_pki("c", begin)->cluster_ca;
  const auto late = issue_client(authority, {.user = "u"}, begin + days(3600));
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_EQ(certificate_life("u", late->certificate_pem)->end, begin + days(3650));
  const auto too_late = issue_client(authority, {.user = "u"}, begin + days(3650));
  EXPECT_EQ(too_late.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(too_late.status()), HasSubstr("ended on 2036-11-19"));
}

TEST(PkiTest, TheHashIsThatOfTheOpensslCommandLine) {
  const TemporaryDirectory directory;
  const std::string& pem = shared_pki().cluster_ca.certificate_pem;
  const auto expected =
      run("openssl x509 -pubkey -noout -in " + testing::write_file(directory, "ca.crt", pem) +
          " | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1");
  EXPECT_EQ(*ca_certificate_hash(pem) + "\n", "sha256:" + expected.output);
  EXPECT_EQ(ca_certificate_hash("no PEM").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(PkiTest, EveryKeyIsItsCertificatesAndInTheFormOfKubeadm) {
  const ClusterPki& pki = shared_pki();
  for (const Identity* identity :
       {&pki.cluster_ca, &pki.front_proxy_ca, &pki.etcd_ca, &pki.admin, &pki.agent}) {
    EXPECT_THAT(identity->key_pem.reveal(), StartsWith("-----BEGIN EC PRIVATE KEY-----\n"));
    const TemporaryDirectory directory;
    const std::string key = testing::write_file(directory, "c.key", identity->key_pem.reveal());
    const std::string certificate =
        testing::write_file(directory, "c.crt", identity->certificate_pem);
    EXPECT_EQ(run("openssl pkey -pubout -in " + key).output,
              run("openssl x509 -pubkey -noout -in " + certificate).output);
  }
  const TemporaryDirectory directory;
  EXPECT_THAT(pki.service_account.key_pem.reveal(),
              StartsWith("-----BEGIN RSA PRIVATE KEY-----\n"));
  EXPECT_THAT(pki.service_account.public_key_pem, StartsWith("-----BEGIN PUBLIC KEY-----\n"));
  EXPECT_EQ(run("openssl pkey -pubout -in " +
                testing::write_file(directory, "sa.key", pki.service_account.key_pem.reveal()))
                .output,
            pki.service_account.public_key_pem);
}

TEST(PkiTest, SerialsAndKeysDiffer) {
  const TemporaryDirectory directory;
  std::set<std::string> serials;
  std::set<std::string> keys;
  const ClusterPki& pki = shared_pki();
  for (const Identity* identity :
       {&pki.cluster_ca, &pki.front_proxy_ca, &pki.etcd_ca, &pki.admin, &pki.agent}) {
    const auto serial = run("openssl x509 -noout -serial -in " +
                            testing::write_file(directory, "c.crt", identity->certificate_pem));
    EXPECT_GE(serial.output.size(), std::string_view("serial=").size() + 32);
    serials.insert(serial.output);
    keys.insert(identity->key_pem.reveal());
  }
  EXPECT_EQ(serials.size(), 5U);
  EXPECT_EQ(keys.size(), 5U);
}

TEST(PkiTest, NamesThatCannotBeInACertificateAreRefused) {
  const Identity& authority = shared_pki().cluster_ca;
  for (const std::string& name : {std::string(), std::string(65, 'x'), std::string("a\nb"),
                                  std::string("\xff"), std::string("a\0b", 3)}) {
    EXPECT_EQ(make_cluster_pki(name, now()).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(issue_client(authority, {.user = name}, now()).status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(issue_client(authority, {.user = "u", .groups = {name}}, now()).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(issue_client(authority, {.user = "u"}, now(), std::chrono::seconds(0)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(PkiTest, OnlyAnAuthorityWithItsOwnKeyMayIssue) {
  const ClusterPki& pki = shared_pki();
  Identity mixed = pki.cluster_ca;
  mixed.key_pem = pki.etcd_ca.key_pem;
  const auto foreign = issue_client(mixed, {.user = "u"}, now());
  EXPECT_EQ(foreign.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(foreign.status()), HasSubstr("not its own"));
  EXPECT_EQ(issue_client(pki.agent, {.user = "u"}, now()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  mixed.key_pem = base::Secret("geheim");
  const auto broken = issue_client(mixed, {.user = "u"}, now());
  EXPECT_EQ(broken.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(broken.status()), Not(HasSubstr("geheim")));
}

}  // namespace
}  // namespace mex::kubernetes
