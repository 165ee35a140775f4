#include "tls/server_context.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tls/certificate_index.h"
#include "tls/profile.h"
#include "tls/testing.h"

namespace mex::tls {
namespace {

TEST(Profile, HasTwoNames) {
  EXPECT_EQ(parse_profile("intermediate"), Profile::Intermediate);
  EXPECT_EQ(parse_profile("modern"), Profile::Modern);
  for (const char* other : {"", "Modern", "old", "modern ", "1.3"}) {
    EXPECT_FALSE(parse_profile(other).has_value()) << other;
  }
}

// Certificates of many names that share a key, so that making them takes no time.
CertificateTable table_of(std::size_t certificates) {
  CertificateTable table;
  const Certificate shared = testing::certificate_of(testing::make_pem_pair());
  table.fallback = shared;
  testing::CertificateRequest request{.names = {}};
  for (std::size_t i = 0; i < 100; ++i) {
    request.names.push_back("DNS:host-" + std::to_string(i) + ".example.org");
  }
  const Certificate of_many = testing::certificate_of(testing::make_pem_pair(request));
  table.by_name.assign(certificates, of_many);
  return table;
}

// OpenSSL's contexts are not counted by the names: 10,000 certificates (a million names here) are
// ready before a client gives up.
TEST(ServerContext, TenThousandCertificatesAreReadyAtOnce) {
  net::BufferPool buffers;
  const auto context =
      ServerContext::create(table_of(10'000), std::make_shared<TicketKeys>(), buffers);
  ASSERT_TRUE(context.ok());
}

TEST(CertificateIndex, FindsByNameElseTheFallback) {
  const Certificate fallback =
      testing::certificate_of(testing::make_pem_pair({.names = {"DNS:a"}}));
  const Certificate other = testing::certificate_of(testing::make_pem_pair({.names = {"DNS:b"}}));
  const CertificateIndex index({.fallback = fallback, .by_name = {other}});
  EXPECT_TRUE(index.find("b")->front().certificate == other);
  EXPECT_TRUE(index.find("a")->front().certificate == fallback);
  EXPECT_TRUE(index.find("")->front().certificate == fallback);
  const CertificateIndex strict({.fallback = std::nullopt, .by_name = {other}});
  EXPECT_TRUE(strict.find("B.")->front().certificate == other);
  EXPECT_EQ(strict.find("a"), nullptr);
  EXPECT_EQ(strict.find(""), nullptr);
}

}  // namespace
}  // namespace mex::tls
