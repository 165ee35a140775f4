#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <thread>

#include "base/file.h"
#include "base/status.h"
#include "http_client/client.h"
#include "http_client/scripted_server.h"
#include "http_client/testing.h"

namespace mex::http_client {
namespace {

using ::testing::HasSubstr;
using testing::request_to;

// A TLS server with a self-signed certificate for 127.0.0.1; answers 200 to every connection.
class TlsServer {
 public:
  enum class Clients { Anybody, Known };

  // `Known`: only a client with the server's own certificate and key is let in. The certificate
  // is valid for two hours, from `begin` on.
  explicit TlsServer(Clients clients = Clients::Anybody,
                     std::chrono::seconds begin = std::chrono::hours(-1)) {
    make_certificate(begin);
    if (clients == Clients::Known) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), certificate_.get());
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                         nullptr);
    }
    SSL_CTX_use_certificate(context_.get(), certificate_.get());
    SSL_CTX_use_PrivateKey(context_.get(), key_.get());
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, generic, length), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, generic, &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  ~TlsServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  std::string authority() const { return fmt::format("127.0.0.1:{}", port_); }
  std::string url() const { return fmt::format("https://{}/", authority()); }

  std::string certificate_pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_X509(out.get(), certificate_.get());
    char* text = nullptr;
    const long length = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(length)};
  }

  base::Secret key_pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_PrivateKey(out.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    const long length = BIO_get_mem_data(out.get(), &text);
    return base::Secret(std::string(text, static_cast<std::size_t>(length)));
  }

 private:
  void make_certificate(std::chrono::seconds begin) {
    X509_set_version(certificate_.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_.get()), begin.count());
    X509_gmtime_adj(X509_getm_notAfter(certificate_.get()),
                    (begin + std::chrono::hours(2)).count());
    const std::array<unsigned char, 9> name = {'1', '2', '7', '.', '0', '.', '0', '.', '1'};
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate_.get()), "CN", MBSTRING_ASC,
                               name.data(), static_cast<int>(name.size()), -1, 0);
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
    X509_EXTENSION* const address =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate_.get(), address, -1);
    X509_EXTENSION_free(address);
    X509_set_pubkey(certificate_.get(), key_.get());
    X509_sign(certificate_.get(), key_.get(), EVP_sha256());
  }

  void serve() {
    for (int socket = 0; (socket = accept(listener_, nullptr, nullptr)) >= 0; close(socket)) {
      const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context_.get()), &SSL_free);
      SSL_set_fd(session.get(), socket);
      if (SSL_accept(session.get()) != 1) continue;
      std::array<char, 4096> request{};
      if (SSL_read(session.get(), request.data(), static_cast<int>(request.size())) <= 0) continue;
      const std::string answer = http_answer(200, "over TLS", "Connection: close\r\n");
      SSL_write(session.get(), answer.data(), static_cast<int>(answer.size()));
      SSL_shutdown(session.get());
    }
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> certificate_{X509_new(), &X509_free};
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_server_method()),
                                                             &SSL_CTX_free};
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

TEST(TlsTest, ACertificateOfAnUnknownIssuerIsRefusedBeforeTheRequestIsSent) {
  const TlsServer server;
  Client client({});
  const auto response = client.send(request_to(server.url(), "POST"));
  EXPECT_EQ(response.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(response.status()), HasSubstr("certificate"));
  EXPECT_TRUE(nothing_was_sent(response.status()));
}

TEST(TlsTest, TheCaFileMakesItGood) {
  const TlsServer server;
  const std::string path = ::testing::TempDir() + fmt::format("mex_ca_{}.pem", getpid());
  ASSERT_TRUE(base::write_file_atomically(path, server.certificate_pem(), 0600).ok());
  Options options;
  options.ca_file = path;
  Client client(options);
  const auto response = client.send(request_to(server.url(), "POST"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "over TLS");
  unlink(path.c_str());
}

TEST(TlsTest, TheCaCanBeTextAsWell) {
  const TlsServer server;
  Options options;
  options.ca_pem = server.certificate_pem();
  Client client(options);
  EXPECT_TRUE(client.send(request_to(server.url(), "POST")).ok());
  options.ca_pem = "no PEM";
  Client other(options);
  EXPECT_EQ(other.send(request_to(server.url(), "POST")).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(TlsTest, ACertificateOutOfItsTimeIsCalledSo) {
  for (const auto& [begin, text] : {std::pair(std::chrono::hours(1), "not yet valid"),
                                    std::pair(std::chrono::hours(-3), "expired")}) {
    const TlsServer server(TlsServer::Clients::Anybody, begin);
    Options options;
    options.ca_pem = server.certificate_pem();
    Client client(options);
    const auto response = client.send(request_to(server.url(), "POST"));
    EXPECT_EQ(response.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(base::message_of(response.status()), HasSubstr(text));
    EXPECT_TRUE(nothing_was_sent(response.status()));
  }
}

TEST(TlsTest, AClientCertificateIsAccepted) {
  const TlsServer server(TlsServer::Clients::Known);
  Options options;
  options.ca_pem = server.certificate_pem();
  Client unknown(options);
  EXPECT_FALSE(unknown.send(request_to(server.url(), "POST")).ok());
  options.client_certificate_pem = server.certificate_pem();
  options.client_key_pem = server.key_pem();
  Client known(options);
  const auto response = known.send(request_to(server.url(), "POST"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "over TLS");
}

TEST(TlsTest, AClientKeyThatCannotBeReadIsNotShown) {
  const TlsServer server(TlsServer::Clients::Known);
  Options options;
  options.ca_pem = server.certificate_pem();
  options.client_certificate_pem = server.certificate_pem();
  options.client_key_pem = base::Secret("geheim");
  Client client(options);
  const auto response = client.send(request_to(server.url(), "POST"));
  EXPECT_EQ(response.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(response.status()), ::testing::Not(HasSubstr("geheim")));
  EXPECT_TRUE(nothing_was_sent(response.status()));
}

TEST(TlsTest, AnotherPlaceCanBeConnectedToUnderTheSameName) {
  const TlsServer server;
  Options options;
  options.ca_pem = server.certificate_pem();
  options.connect_to = server.authority();
  Client client(options);
  EXPECT_TRUE(client.send(request_to("https://127.0.0.1:1/", "POST")).ok());
  const auto other_name = client.send(request_to("https://localhost:1/", "POST"));
  EXPECT_EQ(other_name.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(TlsTest, InsecureTakesAnyCertificate) {
  const TlsServer server;
  Options options;
  options.insecure = true;
  Client client(options);
  EXPECT_TRUE(client.send(request_to(server.url(), "POST")).ok());
}

TEST(TlsTest, AMissingCaFileIsNamed) {
  const TlsServer server;
  Options options;
  options.ca_file = "/nonexistent/ca.pem";
  Client client(options);
  const auto response = client.send(request_to(server.url(), "POST"));
  EXPECT_EQ(response.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(response.status()), HasSubstr("/nonexistent/ca.pem"));
  EXPECT_TRUE(nothing_was_sent(response.status()));
}

TEST(TlsTest, AServerWithoutTlsHasSeenNothing) {
  ScriptedServer server([](const ScriptedServer::Seen&) {
    return ScriptedServer::Reaction{.bytes = http_answer(200, "")};
  });
  Client client({});
  std::string url = server.url("/");
  url.replace(0, 4, "https");
  Request request = request_to(url, "POST");
  request.limits.deadline = base::system_clock().steady_now() + std::chrono::milliseconds(100);
  const auto response = client.send(request);
  ASSERT_FALSE(response.ok());
  EXPECT_TRUE(nothing_was_sent(response.status()));
}

}  // namespace
}  // namespace mex::http_client
