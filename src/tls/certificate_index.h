#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tls/certificate.h"
#include "tls/name_index.h"

namespace mex::tls {

// A CertificateTable, ready for lookups: which certificates are offered to a client, by the name it
// asks for. Immutable.
class CertificateIndex {
 public:
  // One of each kind of key. OpenSSL shows the one that the client can verify.
  using Offer = std::vector<Certificate>;

  explicit CertificateIndex(const CertificateTable& table);

  // Null: such clients are refused.
  const Offer* find(std::string_view name) const;

 private:
  NameIndex<Offer> by_name_;
  std::optional<Offer> fallback_;
};

}  // namespace mex::tls
