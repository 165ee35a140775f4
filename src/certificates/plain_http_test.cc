#include "certificates/plain_http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certificates/testing.h"
#include "server/testing.h"

namespace mex::certificates {
namespace {

using ::testing::HasSubstr;

class PlainHttpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    loop_ = *net::EventLoop::create();
    start(443);
  }
  void start(std::uint16_t https_port) {
    server_.reset();
    service_ = std::make_unique<PlainHttp>(directory_.path(), https_port);
    server_ =
        std::make_unique<server::Server>(*loop_, buffers_, *service_, server::ServerOptions{});
    ASSERT_TRUE(server_->listen(net::Address::loopback(0), nullptr).ok());
  }
  std::string answer_to(const std::string& line, const std::string& host = "Edge.example.org") {
    net::ConnectStart start = net::connect_to(server_->local_address());
    server::testing::Client client(*loop_, std::move(start.socket));
    client.send(line + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    return client.receive_all();
  }

  const testing::CertificateDirectory directory_;
  std::unique_ptr<net::EventLoop> loop_;
  net::BufferPool buffers_;
  std::unique_ptr<PlainHttp> service_;
  std::unique_ptr<server::Server> server_;
};

TEST_F(PlainHttpTest, GivesAnAuthorityWhatLegoWrote) {
  directory_.write(".well-known/acme-challenge/To-ken_1", "To-ken_1.thumb");
  const std::string answer = answer_to("GET /.well-known/acme-challenge/To-ken_1");
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nTo-ken_1.thumb"));
}

TEST_F(PlainHttpTest, GivesNothingElse) {
  directory_.write("key.pem", "secret");
  directory_.write(".well-known/acme-challenge/sub/x", "secret");
  for (const char* token : {"", "none", "../../key.pem", "..%2F..%2Fkey.pem", "sub/x", "sub", "%00",
                            ".", "..", "a?b=c"}) {
    const std::string answer = answer_to(std::string("GET /.well-known/acme-challenge/") + token);
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 404")) << token;
    EXPECT_EQ(answer.find("secret"), std::string::npos) << token;
  }
  EXPECT_THAT(answer_to("GET /.well-known/acme-challenge/" + std::string(257, 'a')),
              HasSubstr("HTTP/1.1 404"));
}

TEST_F(PlainHttpTest, SendsOthersToHttps) {
  EXPECT_THAT(answer_to("GET /a%20b?c=d"), HasSubstr("HTTP/1.1 301 Moved Permanently\r\n"));
  EXPECT_THAT(answer_to("GET /a%20b?c=d"),
              HasSubstr("Location: https://Edge.example.org/a%20b?c=d\r\n"));
  EXPECT_THAT(answer_to("GET /", "edge.example:8080"),
              HasSubstr("Location: https://edge.example/"));
  EXPECT_THAT(answer_to("GET /", "[::1]:80"), HasSubstr("Location: https://[::1]/"));
  EXPECT_THAT(answer_to("POST /x"), HasSubstr("HTTP/1.1 308"));
  EXPECT_THAT(answer_to("POST /.well-known/acme-challenge/x"), HasSubstr("HTTP/1.1 308"));
}

TEST_F(PlainHttpTest, ToAnotherPortIfTheProxyHasOne) {
  start(8443);
  EXPECT_THAT(answer_to("GET /"), HasSubstr("Location: https://Edge.example.org:8443/\r\n"));
}

TEST_F(PlainHttpTest, WhoNamesNoHostIsToldSo) {
  EXPECT_THAT(answer_to("OPTIONS *"), HasSubstr("HTTP/1.1 400"));
}

}  // namespace
}  // namespace mex::certificates
