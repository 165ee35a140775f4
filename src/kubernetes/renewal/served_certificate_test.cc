#include "kubernetes/renewal/served_certificate.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

#include "base/descriptor.h"
#include "base/openssl.h"
#include "base/status.h"
#include "kubernetes/certificate_maker.h"
#include "kubernetes/pki.h"

namespace mex::kubernetes {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

base::WallTime this_second() {
  return std::chrono::floor<seconds>(std::chrono::system_clock::now());
}

// A listener on loopback that gives each connection to the test.
class Listener {
 public:
  explicit Listener(std::function<void(int)> serve)
      : serve_(std::move(serve)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), generic, length), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    EXPECT_EQ(::getsockname(listener_.get(), generic, &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      const base::Descriptor connection(::accept(listener_.get(), nullptr, nullptr));
      if (connection.valid()) serve_(connection.get());
    });
  }
  ~Listener() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  std::uint16_t port() const { return port_; }

 private:
  std::function<void(int)> serve_;
  base::Descriptor listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// Shows the certificate of `identity`.
std::function<void(int)> tls_server(const Identity& identity) {
  return [identity](int connection) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    const base::X509Ptr certificate = *parse_certificate(identity.certificate_pem);
    const base::PrivateKeyPtr key = *parse_private_key(identity.key_pem);
    SSL_CTX_use_certificate(context, certificate.get());
    SSL_CTX_use_PrivateKey(context, key.get());
    SSL* const session = SSL_new(context);
    SSL_set_fd(session, connection);
    if (SSL_accept(session) == 1) SSL_shutdown(session);
    SSL_free(session);
    SSL_CTX_free(context);
  };
}

class ServedCertificateTest : public ::testing::Test {
 protected:
  absl::StatusOr<CertificateLife> ask(std::uint16_t port, seconds patience = minutes(10)) {
    return served_certificate("127.0.0.1", port, pki_.cluster_ca.certificate_pem,
                              {.deadline = std::chrono::steady_clock::now() + patience});
  }

  const ClusterPki pki_ = *make_cluster_pki("c", this_second() - hours(24));
};

TEST_F(ServedCertificateTest, IsReadWithItsTimes) {
  const auto identity =
      issue_client(pki_.cluster_ca, {.user = "kube-apiserver"}, this_second(), hours(1));
  const Listener server(tls_server(*identity));
  const auto life = ask(server.port());
  ASSERT_TRUE(life.ok()) << life.status();
  EXPECT_EQ(*life, *certificate_life("apiserver", identity->certificate_pem));
}

TEST_F(ServedCertificateTest, OneThatHasEndedIsReadAsWell) {
  const auto identity =
      issue_client(pki_.cluster_ca, {.user = "kube-apiserver"}, this_second() - hours(2), hours(1));
  const Listener server(tls_server(*identity));
  const auto life = ask(server.port());
  ASSERT_TRUE(life.ok()) << life.status();
  EXPECT_LT(life->end, this_second());
}

TEST_F(ServedCertificateTest, AnotherAuthoritysIsNone) {
  const ClusterPki other = *make_cluster_pki("c", this_second());
  const Listener server(tls_server(other.agent));
  const auto life = ask(server.port());
  EXPECT_EQ(life.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(life.status()), HasSubstr("not signed by the cluster's authority"));
}

TEST_F(ServedCertificateTest, AServerThatSaysNothingIsLeftAtTheDeadline) {
  const Listener server([](int connection) {
    char byte = 0;
    while (::recv(connection, &byte, 1, 0) > 0) continue;
  });
  EXPECT_EQ(ask(server.port(), seconds(1)).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ServedCertificateTest, WhatIsNoTlsServerIsUnavailable) {
  const Listener server([](int connection) {
    EXPECT_GT(::send(connection, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL), 0);
  });
  EXPECT_EQ(ask(server.port()).status().code(), absl::StatusCode::kUnavailable);
  std::uint16_t closed = 0;
  {
    const Listener gone([](int) {});
    closed = gone.port();
  }
  EXPECT_EQ(ask(closed).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(served_certificate("fe80::1", 1, pki_.cluster_ca.certificate_pem,
                               {.deadline = std::chrono::steady_clock::now() + minutes(1)})
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ServedCertificateTest, ARequestToStopEndsIt) {
  const Listener server([](int connection) {
    char byte = 0;
    while (::recv(connection, &byte, 1, 0) > 0) continue;
  });
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(served_certificate("127.0.0.1", server.port(), pki_.cluster_ca.certificate_pem,
                               {.deadline = std::chrono::steady_clock::now() + minutes(10),
                                .stop = stop.get_token()})
                .status()
                .code(),
            absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace mex::kubernetes
