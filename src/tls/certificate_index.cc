#include "tls/certificate_index.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "tls/certificate_content.h"

namespace mex::tls {
namespace {

// EVP_PKEY_RSA, EVP_PKEY_EC, …
int kind_of(const Certificate& certificate) {
  return EVP_PKEY_get_base_id(certificate.content().key.get());
}

// Instead of the one of its kind.
void put(CertificateIndex::Offer& offer, CertificateIndex::Offered next) {
  const int kind = kind_of(next.certificate);
  const auto same_kind = std::find_if(offer.begin(), offer.end(), [kind](const auto& each) {
    return kind_of(each.certificate) == kind;
  });
  if (same_kind == offer.end()) {
    offer.push_back(std::move(next));
  } else {
    *same_kind = std::move(next);
  }
}

CertificateIndex::Offered offered(const Certificate& certificate, const Staples& staples) {
  const auto staple = staples.find(certificate.fingerprint());
  return {certificate, staple == staples.end() ? nullptr : staple->second};
}

struct Best {
  int rank;
  CertificateIndex::Offer offer{};
};

}  // namespace

CertificateIndex::CertificateIndex(const CertificateTable& table) {
  std::unordered_map<std::string, Best> best;
  for (std::size_t i = 0; i < table.by_name.size(); ++i) {
    const Certificate& certificate = table.by_name[i];
    const int rank = i < table.ranks.size() ? table.ranks[i] : 0;
    for (const std::string& name : certificate.names()) {
      Best& of_name = best.try_emplace(name, Best{.rank = rank}).first->second;
      if (rank < of_name.rank) continue;
      if (rank > of_name.rank) of_name = {.rank = rank};
      put(of_name.offer, offered(certificate, table.staples));
    }
  }
  for (auto& [name, of_name] : best) by_name_.set(name, std::move(of_name.offer));
  if (table.fallback) fallback_ = Offer{offered(*table.fallback, table.staples)};
}

const CertificateIndex::Offer* CertificateIndex::find(std::string_view name) const {
  const Offer* const found = name.empty() ? nullptr : by_name_.find(name);
  if (found != nullptr) return found;
  return fallback_ ? &*fallback_ : nullptr;
}

}  // namespace mex::tls
