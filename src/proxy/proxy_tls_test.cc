// Origins over TLS: verified, and the reason reported when they cannot be.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "base/log.h"
#include "base/temporary_directory.h"
#include "net/listener.h"
#include "proxy/service_fixture.h"
#include "tls/server_context.h"
#include "tls/testing.h"

namespace mex::proxy {
namespace {

using ::testing::EndsWith;
using testing::get;
using ::testing::HasSubstr;
using testing::Peer;
using testing::ServiceFixture;

class SecretService final : public server::Service {
 public:
  void on_request(server::Exchange& exchange) override {
    ++requests;
    server::respond_text(exchange, 200, "secret");
  }
  int requests = 0;
};

class ProxyTlsTest : public ServiceFixture {
 protected:
  ~ProxyTlsTest() override { stop(); }

  // An https origin on loopback whose certificate has these names; its URL.
  std::string serve(std::vector<std::string> names) {
    pair_ = tls::testing::make_pem_pair({.names = std::move(names)});
    auto context = tls::ServerContext::create({tls::testing::certificate_of(pair_)},
                                              std::make_shared<tls::TicketKeys>(), buffers_)
                       .value();
    EXPECT_TRUE(tls_server_.listen(net::Address::loopback(0), std::move(context)).ok());
    return "https://" + tls_server_.local_address().text();
  }
  void trust(const tls::testing::PemPair& pair) {
    context_.options.origin_ca_file = directory_.path() + "/ca.pem";
    ASSERT_TRUE(
        base::write_file_atomically(context_.options.origin_ca_file, pair.certificate, 0600).ok());
  }
  std::string answer(std::string_view path) {
    Peer browser = client();
    browser.send(get(path, "Connection: close\r\n"));
    return browser.take_to_end();
  }

  const base::TemporaryDirectory directory_;
  tls::testing::PemPair pair_;
  SecretService service_behind_tls_;
  server::Server tls_server_{*loop_, buffers_, service_behind_tls_, {}};
};

TEST_F(ProxyTlsTest, AVerifiedOriginIsReachedAndKept) {
  const std::string url = serve({"IP:127.0.0.1"});
  trust(pair_);
  add_route("/a", url);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(answer("/a"), EndsWith("\r\n\r\nsecret\n"));
  EXPECT_EQ(tls_server_.connections(), 1U);
  EXPECT_EQ(service_behind_tls_.requests, 3);
}

TEST_F(ProxyTlsTest, AnUnknownAuthorityIsRefusedAndTheLogHasTheReason) {
  const std::string url = serve({"IP:127.0.0.1"});
  trust(tls::testing::make_pem_pair());
  add_route("/a", url);
  ::testing::internal::CaptureStderr();
  const std::string refusal = answer("/a");
  log::flush(std::chrono::minutes(5));
  const std::string line = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(refusal, HasSubstr("HTTP/1.1 502 "));
  EXPECT_THAT(refusal, HasSubstr("failed the TLS handshake\n"));
  EXPECT_THAT(line, HasSubstr("failed the TLS handshake: "));
  EXPECT_THAT(line, HasSubstr("certificate"));
  EXPECT_EQ(service_behind_tls_.requests, 0);
}

TEST_F(ProxyTlsTest, ACertificateForAnotherNameIsRefused) {
  const std::string url = serve({"DNS:elsewhere.example"});
  trust(pair_);
  add_route("/a", url);
  EXPECT_THAT(answer("/a"), HasSubstr("HTTP/1.1 502 "));
  EXPECT_EQ(service_behind_tls_.requests, 0);
}

TEST_F(ProxyTlsTest, APlainServerIsNotTalkedToInTheClear) {
  trust(tls::testing::make_pem_pair());
  add_route("/a", "https://" + origin_.address().text());
  Peer browser = client();
  browser.send(get("/a"));
  Peer plain = origin_.accept();
  ASSERT_TRUE(testing::run_until(*loop_, [&] { return !plain.received().empty(); }));
  EXPECT_EQ(plain.received().front(), '\x16') << "not a TLS record";
  plain.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  EXPECT_THAT(browser.take_until("\n"), HasSubstr("HTTP/1.1 502 "));
}

}  // namespace
}  // namespace mex::proxy
