#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tls/certificate.h"
#include "tls/name_index.h"

namespace mex::tls {

// A CertificateTable, ready for lookups: which certificates are offered to a client, by the name it
// asks for. Immutable.
class CertificateIndex {
 public:
  struct Offered {
    Certificate certificate;
    std::shared_ptr<const std::string> staple;  // null for none
  };
  // One of each kind of key. OpenSSL shows the one that the client can verify.
  using Offer = std::vector<Offered>;

  explicit CertificateIndex(const CertificateTable& table);

  // Null: such clients are refused.
  const Offer* find(std::string_view name) const;

 private:
  NameIndex<Offer> by_name_;
  std::optional<Offer> fallback_;
};

}  // namespace mex::tls
