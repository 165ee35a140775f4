#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include "api/api_server_fixture.h"
#include "tls/testing.h"

namespace mex::api {
namespace {

tls::testing::PemPair make_pair() {
  return tls::testing::make_pem_pair({.names = {"IP:127.0.0.1", "DNS:localhost"}});
}

// Both ports with TLS. gRPC is asked by clients that trust one certificate alone; REST by such in
// test/integration/test_api_tls.py.
class TlsApiTest : public ApiServerTest {
 protected:
  void SetUp() override {
    ApiServerTest::SetUp();
    server_.reset();
    auto server = ApiServer::create({.grpc = net::Address::loopback(0),
                                     .rest = net::Address::loopback(0),
                                     .cloud = cloud_,
                                     .clusters = *clusters_,
                                     .routes = *routes_,
                                     .host_routes = *host_routes_,
                                     .nginx = *nginx_,
                                     .events = *events_,
                                     .store = *store_,
                                     .access = {.token = base::Secret(kToken)},
                                     .readiness = [this] { return parts_; },
                                     .version = "9.9.9",
                                     .tls = table_of(first_)});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  static tls::CertificateTable table_of(const tls::testing::PemPair& pair) {
    return {.fallback = tls::testing::certificate_of(pair)};
  }

  bool grpc_answers(const tls::testing::PemPair& trusted) const {
    const auto stub = ::api::MexOSAgent::NewStub(grpc::CreateChannel(
        server_->grpc_address().text(), grpc::SslCredentials({trusted.certificate, "", ""})));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    ::api::StatusResponse reply;
    return stub->Status(&context, {}, &reply).ok();
  }

  const tls::testing::PemPair first_ = make_pair();
  const tls::testing::PemPair second_ = make_pair();
};

TEST_F(TlsApiTest, TheCertificateIsShown) {
  EXPECT_TRUE(grpc_answers(first_));
  EXPECT_FALSE(grpc_answers(second_));
}

TEST_F(TlsApiTest, PlaintextIsRefused) {
  EXPECT_EQ(get("/v1/flavors").status, 400);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
  ::api::StatusResponse reply;
  EXPECT_FALSE(stub()->Status(&context, {}, &reply).ok());
}

TEST_F(TlsApiTest, AnotherCertificateIsShownFromThenOn) {
  EXPECT_TRUE(grpc_answers(first_));
  ASSERT_TRUE(server_->replace_certificates(table_of(second_)).ok());
  EXPECT_TRUE(grpc_answers(second_));
  EXPECT_FALSE(grpc_answers(first_));
}

}  // namespace
}  // namespace mex::api
