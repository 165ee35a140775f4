#include "tls/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "net/address.h"
#include "tls/certificate_content.h"
#include "tls/certificate_defects.h"

namespace mex::tls {
namespace {

using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, base::Freed<GENERAL_NAMES_free>>;

// Where the PEM text came from, for messages.
struct Origin {
  std::string certificate;
  std::string key;
};

template <typename... Args>
absl::Status invalid(fmt::format_string<Args...> format, Args&&... args) {
  return base::error(absl::StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

BioPtr memory_bio(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

bool ended_without_more() {
  const unsigned long code = ERR_peek_last_error();
  return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

absl::StatusOr<std::vector<X509Ptr>> read_chain(std::string_view pem, const std::string& origin) {
  const BioPtr bio = memory_bio(pem);
  std::vector<X509Ptr> chain;
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(certificate);
  }
  if (!ended_without_more()) {
    return invalid("{}: certificate {} is damaged: {}", origin, chain.size() + 1,
                   take_openssl_error());
  }
  ERR_clear_error();
  if (chain.empty()) {
    return invalid("{}: holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", origin);
  }
  return chain;
}

// Instead of OpenSSL's own, which would ask on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

absl::StatusOr<PrivateKeyPtr> read_key(const base::Secret& pem, const std::string& origin) {
  const BioPtr bio = memory_bio(pem.reveal());
  ERR_clear_error();
  PrivateKeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (key != nullptr) return key;
  const std::string reason = take_openssl_error();
  if (pem.reveal().find("ENCRYPTED") != std::string::npos) {
    return invalid("{}: the private key is encrypted; it must be there without a passphrase",
                   origin);
  }
  // OpenSSL itself says "unsupported" of both.
  if (pem.reveal().find("PRIVATE KEY-----") == std::string::npos) {
    return invalid("{}: holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)", origin);
  }
  return invalid("{}: the private key is damaged: {}", origin, reason);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(const ASN1_OCTET_STRING* bytes) {
  const unsigned char* data = ASN1_STRING_get0_data(bytes);
  const auto length = static_cast<std::size_t>(ASN1_STRING_length(bytes));
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (length == sizeof v4.sin_addr) {
    v4.sin_family = AF_INET;
    std::copy_n(data, length, reinterpret_cast<unsigned char*>(&v4.sin_addr));
    return net::Address::from_sockaddr(reinterpret_cast<sockaddr*>(&v4), sizeof v4).ip_text();
  }
  if (length == sizeof v6.sin6_addr) {
    v6.sin6_family = AF_INET6;
    std::copy_n(data, length, reinterpret_cast<unsigned char*>(&v6.sin6_addr));
    return net::Address::from_sockaddr(reinterpret_cast<sockaddr*>(&v6), sizeof v6).ip_text();
  }
  return "";
}

std::string common_name(X509* certificate) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return "";
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
}

// RFC 6125 section 6.4.4: the common name counts only where there is no subjectAltName.
std::vector<std::string> names_of(X509* certificate) {
  const GeneralNamesPtr alternatives(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_DNS) names.push_back(lower(text_of(name->d.dNSName)));
    if (name->type == GEN_IPADD) names.push_back(address_text(name->d.iPAddress));
  }
  if (alternatives == nullptr) names.push_back(lower(common_name(certificate)));
  std::erase(names, "");
  return names;
}

std::string text_in(const BioPtr& bio) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : "";
}

std::string name_text(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  return text_in(out);
}

std::string hexadecimal(const unsigned char* bytes, std::size_t count, const char* form) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format(fmt::runtime(form), bytes[i]);
  return text;
}

std::string serial_of(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  return hexadecimal(ASN1_STRING_get0_data(serial),
                     static_cast<std::size_t>(ASN1_STRING_length(serial)), "{:02X}");
}

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &length);
  return hexadecimal(digest.data(), length, "{:02x}");
}

absl::StatusOr<std::shared_ptr<const Certificate::Content>> read_pair(
    std::string_view certificate_pem, const base::Secret& key_pem, const Origin& origin) {
  auto content = std::make_shared<Certificate::Content>();
  MEX_ASSIGN_OR_RETURN(content->issuers, read_chain(certificate_pem, origin.certificate));
  content->own = std::move(content->issuers.front());
  content->issuers.erase(content->issuers.begin());
  MEX_ASSIGN_OR_RETURN(content->key, read_key(key_pem, origin.key));
  if (X509_check_private_key(content->own.get(), content->key.get()) != 1) {
    ERR_clear_error();
    return invalid("{}: is not the key of the first certificate in {}", origin.key,
                   origin.certificate);
  }
  content->names = names_of(content->own.get());
  content->subject = name_text(X509_get_subject_name(content->own.get()));
  content->issuer = name_text(X509_get_issuer_name(content->own.get()));
  content->serial = serial_of(content->own.get());
  content->fingerprint = fingerprint_of(content->own.get());
  const auto not_before = base::wall_time(X509_get0_notBefore(content->own.get()));
  const auto not_after = base::wall_time(X509_get0_notAfter(content->own.get()));
  if (!not_before || !not_after) {
    return invalid("{}: the certificate's times of validity are malformed", origin.certificate);
  }
  content->not_before = *not_before;
  content->not_after = *not_after;
  return content;
}

}  // namespace

absl::StatusOr<Certificate> Certificate::load(const std::string& certificate_file,
                                              const std::string& key_file) {
  MEX_ASSIGN_OR_RETURN(const std::string certificate_pem, base::read_file(certificate_file));
  MEX_ASSIGN_OR_RETURN(std::string key_text, base::read_file(key_file));
  const base::Secret key_pem(std::move(key_text));
  MEX_ASSIGN_OR_RETURN(auto content,
                       read_pair(certificate_pem, key_pem, {certificate_file, key_file}));
  return Certificate(std::move(content));
}

absl::StatusOr<Certificate> Certificate::parse(std::string_view certificate_pem,
                                               const base::Secret& key_pem) {
  MEX_ASSIGN_OR_RETURN(auto content,
                       read_pair(certificate_pem, key_pem, {"certificate", "private key"}));
  return Certificate(std::move(content));
}

const std::vector<std::string>& Certificate::names() const { return content_->names; }
const std::string& Certificate::subject() const { return content_->subject; }
const std::string& Certificate::issuer() const { return content_->issuer; }
const std::string& Certificate::serial() const { return content_->serial; }
const std::string& Certificate::fingerprint() const { return content_->fingerprint; }
base::WallTime Certificate::not_before() const { return content_->not_before; }
base::WallTime Certificate::not_after() const { return content_->not_after; }

std::string Certificate::chain_pem() const {
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), content_->own.get());
  for (const X509Ptr& issuer : content_->issuers) PEM_write_bio_X509(out.get(), issuer.get());
  return text_in(out);
}

base::Secret Certificate::key_pem() const {
  const BioPtr out(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PrivateKey(out.get(), content_->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return base::Secret(text_in(out));
}

std::vector<std::string> Certificate::defects() const { return defects_of(*content_); }

bool operator==(const Certificate& a, const Certificate& b) {
  const auto is_same = [](const X509Ptr& one, const X509Ptr& other) {
    return X509_cmp(one.get(), other.get()) == 0;
  };
  const std::vector<X509Ptr>& issuers = a.content().issuers;
  const std::vector<X509Ptr>& others = b.content().issuers;
  return is_same(a.content().own, b.content().own) &&
         std::equal(issuers.begin(), issuers.end(), others.begin(), others.end(), is_same);
}

bool Certificate::covers(std::string_view name) const {
  const std::size_t dot = name.find('.');
  return std::any_of(names().begin(), names().end(), [&](const std::string& own) {
    // RFC 6125 section 6.4.3: a wildcard stands for exactly one label, the leftmost.
    const bool by_wildcard = own.starts_with("*.") && dot != std::string_view::npos &&
                             std::string_view(own).substr(1) == name.substr(dot);
    return own == name || by_wildcard;
  });
}

}  // namespace mex::tls
