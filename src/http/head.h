#pragma once

#include <cstdint>
#include <string_view>

#include "http/authority.h"
#include "http/body_framing.h"
#include "http/header_list.h"
#include "http/method.h"

namespace mex::http {

// RFC 9112 section 3.2. Authority-form belongs to CONNECT, which is not served.
enum class TargetForm : std::uint8_t { Origin, Absolute, Asterisk };

// All views of a head point into the buffer that was given to the parser: they are valid as long as
// those bytes stay where they are, unchanged.

struct RequestHead {
  Method method = Method::Other;
  Version version = Version::Http11;
  TargetForm target_form = TargetForm::Origin;
  bool has_query = false;         // distinguishes "/a?" from "/a"
  bool keep_alive = false;        // the client allows another request after this one
  bool expects_continue = false;  // it waits for 100 before it sends the body
  bool wants_upgrade = false;     // Connection names "upgrade" and an Upgrade header is there
  BodyFraming framing;
  std::string_view method_text;
  std::string_view target;  // as sent
  // Path as sent, starts with '/' ("*" in asterisk-form); see http/uri.h before routing by it.
  std::string_view path;
  std::string_view query;  // without '?', as sent
  // Host header as sent; empty when a HTTP/1.0 request has none. In absolute-form the target's
  // authority is required to name the same host and port.
  std::string_view host_text;
  Authority host;  // the same, taken apart
  HeaderList headers;
};

// The port that `host` means in a request with this head: its own, or the default of the scheme of
// an absolute-form target. 0 when neither is known.
std::uint16_t effective_port(const RequestHead& head, const Authority& host);

struct ResponseHead {
  Version version = Version::Http11;
  int status = 0;           // 100 to 599
  bool keep_alive = false;  // the connection may carry another exchange after this body
  BodyFraming framing;
  std::string_view reason;  // may be empty
  HeaderList headers;
};

}  // namespace mex::http
