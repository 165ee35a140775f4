#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mex::tls {

// What a host asks of its clients in TLS: to show a certificate of certain authorities. Immutable,
// cheap to copy (shares its content), any thread.
class ClientVerification {
 public:
  struct Spec {
    std::string ca_pem;     // the authorities; each is trusted by itself, also an intermediate one
    std::string crl_pem{};  // what they have revoked: a list of every authority, or empty
    bool is_required = true;  // else a client without a certificate is served, too
    // Authorities between a client's certificate and one of those above.
    int depth = 1;
  };
  static constexpr std::size_t kMaxAuthorities = 100;
  static constexpr int kMaxDepth = 10;

  // Errors say what is wrong with the text.
  static absl::StatusOr<ClientVerification> create(const Spec& spec);
  // Lets no one in: for a host of which is not known what it asks.
  static ClientVerification closed();

  bool is_required() const;
  int depth() const;
  // 32 bytes, another one for everything else that may be asked.
  std::string_view id() const;
  const std::vector<std::string>& authorities() const;  // "CN=Our devices"

  struct Content;  // OpenSSL's objects; known to the contexts only
  const Content& content() const { return *content_; }

 private:
  explicit ClientVerification(std::shared_ptr<const Content> content)
      : content_(std::move(content)) {}
  std::shared_ptr<const Content> content_;
};

}  // namespace mex::tls
