#include "tls/client_hello.h"

#include <algorithm>
#include <optional>

namespace mex::tls {
namespace {

// RFC 8446 sections 5.1, 4 and 4.2.
constexpr unsigned kHandshakeRecord = 22;
constexpr unsigned kMajorVersion = 3;
constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMaxRecord = 16U << 10U;
constexpr unsigned kClientHelloMessage = 1;
constexpr std::size_t kMessageHeader = 4;
constexpr unsigned kServerNameExtension = 0;
constexpr unsigned kHostNameType = 0;    // RFC 6066 section 3
constexpr unsigned kAlpnExtension = 16;  // RFC 7301 section 3.1
constexpr std::string_view kAcmeProtocol = "acme-tls/1";

unsigned byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

// Takes fields off the front. After the first one that is not there, all are empty.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}

  bool at_end() const { return bytes_.empty(); }
  bool is_broken() const { return is_broken_; }

  std::size_t number(std::size_t size) {
    std::size_t value = 0;
    for (const char byte : bytes(size)) value = value << 8U | static_cast<unsigned char>(byte);
    return value;
  }
  std::string_view bytes(std::size_t size) {
    if (size > bytes_.size()) {
      is_broken_ = true;
      bytes_ = {};
    }
    const std::string_view taken = bytes_.substr(0, is_broken_ ? 0 : size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  // A vector with its length before it.
  std::string_view vector(std::size_t length_size) { return bytes(number(length_size)); }

 private:
  std::string_view bytes_;
  bool is_broken_ = false;
};

bool lists_acme(std::string_view extension) {
  Fields list(Fields(extension).vector(2));
  while (!list.at_end()) {
    if (list.vector(1) == kAcmeProtocol && !list.is_broken()) return true;
  }
  return false;
}

struct Extensions {
  std::string_view server_name;
  bool is_acme_challenge = false;
};

// Nothing if the message is not what RFC 8446 section 4.1.2 says.
std::optional<Extensions> extensions_in(std::string_view message) {
  Fields hello(message);
  hello.bytes(2);   // legacy_version
  hello.bytes(32);  // random
  hello.vector(1);  // legacy_session_id
  hello.vector(2);  // cipher_suites
  hello.vector(1);  // legacy_compression_methods
  if (hello.is_broken()) return std::nullopt;
  Extensions found;
  if (hello.at_end()) return found;
  Fields extensions(hello.vector(2));
  while (!extensions.at_end()) {
    const std::size_t type = extensions.number(2);
    const std::string_view data = extensions.vector(2);
    if (type == kServerNameExtension) found.server_name = server_name_in(data);
    if (type == kAlpnExtension) found.is_acme_challenge = lists_acme(data);
  }
  if (hello.is_broken() || extensions.is_broken()) return std::nullopt;
  return found;
}

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The handshake message that begins the connection, put together from its records.
struct FirstMessage {
  bool is_not_tls = false;
  std::array<char, ClientHello::kMaxSize> bytes;
  std::size_t length = 0;

  // Nothing as long as bytes are missing.
  std::optional<std::string_view> whole() const {
    if (length < kMessageHeader) return std::nullopt;
    const std::string_view all(bytes.data(), length);
    const std::size_t size = kMessageHeader + Fields(all.substr(1)).number(3);
    if (length < size) return std::nullopt;
    return all.substr(kMessageHeader, size - kMessageHeader);
  }
  // Bytes of records that are there so far.
  void collect(std::string_view records);
};

bool begins_a_record(std::string_view bytes) {
  if (byte_at(bytes, 0) != kHandshakeRecord) return false;
  return bytes.size() < 2 || byte_at(bytes, 1) == kMajorVersion;
}

void FirstMessage::collect(std::string_view records) {
  while (!records.empty()) {
    is_not_tls = !begins_a_record(records);
    if (is_not_tls || records.size() < kRecordHeader) return;
    const std::size_t record = Fields(records.substr(3)).number(2);
    // An empty handshake record is forbidden (RFC 8446 section 5.1).
    is_not_tls = record == 0 || record > kMaxRecord || length + record > bytes.size();
    if (is_not_tls) return;
    const std::string_view part = records.substr(kRecordHeader, record);
    std::copy(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    length += part.size();
    is_not_tls = length > 0 && byte_at({bytes.data(), length}, 0) != kClientHelloMessage;
    if (is_not_tls || part.size() < record || whole()) return;
    records.remove_prefix(kRecordHeader + record);
  }
}

}  // namespace

std::string_view server_name_in(std::string_view extension) {
  Fields list(Fields(extension).vector(2));
  while (!list.at_end()) {
    const std::size_t type = list.number(1);
    const std::string_view name = list.vector(2);
    if (type == kHostNameType && !list.is_broken()) return name;
  }
  return {};
}

ClientHello ClientHello::parse(std::string_view bytes) {
  FirstMessage message;
  message.collect(bytes);
  if (message.is_not_tls) return ClientHello(State::NotTls);
  const auto whole = message.whole();
  if (!whole) return ClientHello(State::NeedMore);
  const auto extensions = extensions_in(*whole);
  if (!extensions) return ClientHello(State::NotTls);
  ClientHello hello(State::Complete);
  hello.take_name(extensions->server_name);
  hello.is_acme_challenge_ = extensions->is_acme_challenge;
  return hello;
}

void ClientHello::take_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > name_.size()) return;
  std::transform(name.begin(), name.end(), name_.begin(), to_lower);
  name_length_ = name.size();
}

}  // namespace mex::tls
