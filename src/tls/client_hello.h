#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mex::tls {

// The host name in the data of a server_name extension (RFC 6066 section 3), as it stands there;
// empty for none.
std::string_view server_name_in(std::string_view extension);

// The name that a TLS client asks for, read from the first bytes it sends, before they are
// answered. Pure: the bytes are looked at and stay where they are.
class ClientHello {
 public:
  enum class State : std::uint8_t {
    NeedMore,  // what there is is the beginning of a ClientHello
    Complete,  // server_name() is what the client asks for; empty if it says nothing
    NotTls,    // not the beginning of a TLS connection, or too long to be looked into
  };

  // Messages up to this length are looked into; that is one record, and clients send 200 to 2,000
  // bytes, post-quantum key shares included.
  static constexpr std::size_t kMaxSize = 16U << 10U;

  static ClientHello parse(std::string_view bytes);

  State state() const { return state_; }
  // In lower case, without a dot at the end. As long as this object.
  std::string_view server_name() const { return {name_.data(), name_length_}; }
  // A certificate authority that checks who answers for the name (RFC 8737): its ALPN says
  // "acme-tls/1".
  bool is_acme_challenge() const { return is_acme_challenge_; }

 private:
  static constexpr std::size_t kMaxName = 253;  // RFC 1035 section 3.1, as text

  explicit ClientHello(State state) : state_(state) {}
  void take_name(std::string_view name);

  State state_;
  std::array<char, kMaxName> name_{};
  std::size_t name_length_ = 0;
  bool is_acme_challenge_ = false;
};

}  // namespace mex::tls
