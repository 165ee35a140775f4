#include "server/http2/request_head.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include <algorithm>
#include <array>

#include "http/authority.h"
#include "http/characters.h"
#include "http/known_header.h"
#include "server/http2/field_rules.h"
#include "server/http2/trailers.h"

namespace mex::server::http2 {
namespace {

using http::KnownHeader;
using http::ParseError;

// Memory of a head that is kept for the next one.
constexpr std::size_t kUsualText = 2048;

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return http::as_byte(c) > 0x20 && http::as_byte(c) < 0x7F; });
}

// A nonce in base64 (RFC 6455 section 4.1), which HTTP/2 does without.
std::array<char, 24> websocket_key() {
  std::array<unsigned char, 16> random{};
  // Never fails for so few bytes, and never waits once the system has started. Nothing is guarded
  // by the nonce in any case: it shows a client that its request was understood.
  const ssize_t filled = ::getrandom(random.data(), random.size(), 0);
  static_cast<void>(filled);
  std::array<unsigned char, 25> encoded{};  // with a zero byte behind it
  EVP_EncodeBlock(encoded.data(), random.data(), static_cast<int>(random.size()));
  std::array<char, 24> text{};
  std::copy_n(encoded.begin(), text.size(), text.begin());
  return text;
}

void release(std::string& text) {
  text.clear();
  if (text.capacity() > 2 * kUsualText) text.shrink_to_fit();
}

}  // namespace

RequestHead::RequestHead(const http::RequestLimits& limits) : limits_(limits), parser_(limits) {
  fields_.reserve(kUsualText);
  text_.reserve(kUsualText);
}

void RequestHead::reset() {
  parser_.reset();
  for (std::string* text : {&pseudo_.method, &pseudo_.scheme, &pseudo_.authority, &pseudo_.path,
                            &pseudo_.protocol, &fields_, &cookies_, &text_}) {
    release(*text);
  }
  size_ = 0;
  lines_ = 0;
  seen_ = {};
  error_ = ParseError::None;
  is_websocket_ = false;
  status_ = 0;
  line_ = {};
}

RequestHead::Fault RequestHead::refuse(int status, std::string_view line) {
  status_ = status;
  line_ = line;
  return Fault::Refused;
}

RequestHead::Fault RequestHead::refuse(ParseError error) {
  return refuse(http::status_for(error), http::to_string(error));
}

RequestHead::Fault RequestHead::add(std::string_view name, std::string_view value) {
  size_ += name.size() + value.size() + kFieldOverhead;
  // One byte of HPACK can stand for kilobytes: it is decoded to the end, so that the connection can
  // go on, but not without end.
  if (size_ > 2 * limits_.head) return Fault::Endless;
  if (size_ > limits_.head) {
    error_ = ParseError::HeadTooLarge;
    return Fault::None;
  }
  if (name.starts_with(':')) return add_pseudo(name, value);
  seen_.field = true;
  if (!is_well_formed_field(name, value)) return Fault::Malformed;
  const KnownHeader known = http::recognise_header(name);
  if (is_connection_specific(known, value)) return Fault::Malformed;
  switch (known) {
    case KnownHeader::Host:
      add_host(value);
      break;
    case KnownHeader::Cookie:
      add_cookie(value);
      break;
    case KnownHeader::ContentLength:
      seen_.length = true;
      append_field(name, value);
      break;
    case KnownHeader::SecWebSocketKey:
      // Ours goes with what becomes an upgrade (RFC 8441 section 5).
      if (pseudo_.protocol.empty()) append_field(name, value);
      break;
    default:
      append_field(name, value);
  }
  return Fault::None;
}

// RFC 9113 section 8.3: before all other fields, each once, and none but these.
RequestHead::Fault RequestHead::add_pseudo(std::string_view name, std::string_view value) {
  std::string* field = nullptr;
  if (name == ":method") field = &pseudo_.method;
  if (name == ":scheme") field = &pseudo_.scheme;
  if (name == ":authority") field = &pseudo_.authority;
  if (name == ":path") field = &pseudo_.path;
  if (name == ":protocol") field = &pseudo_.protocol;
  if (field == nullptr || seen_.field || !field->empty() || value.empty()) return Fault::Malformed;
  field->assign(value);
  return Fault::None;
}

// RFC 9113 section 8.3.1: it may be there beside :authority, and must say the same.
void RequestHead::add_host(std::string_view value) {
  if (seen_.host) error_ = ParseError::HostDuplicate;
  seen_.host = true;
  if (pseudo_.authority.empty()) {
    append_field("host", value);
  } else if (!http::equals_ignoring_case(value, pseudo_.authority)) {
    error_ = ParseError::HostMismatch;
  }
}

// RFC 9113 section 8.2.3: HTTP/1.1 knows one line of them.
void RequestHead::add_cookie(std::string_view value) {
  if (!cookies_.empty()) cookies_ += "; ";
  cookies_ += value;
}

void RequestHead::append_field(std::string_view name, std::string_view value) {
  fields_.append(name).append(": ").append(value).append("\r\n");
  ++lines_;
}

RequestHead::Fault RequestHead::finish(bool has_body) {
  if (error_ != ParseError::None) return refuse(error_);
  if (const Fault fault = check_pseudo_fields(has_body); fault != Fault::None) return fault;
  write_head(has_body);
  const http::ParseOutcome outcome = parser_.feed(text_);
  if (outcome.state == http::ParseOutcome::State::Rejected) return refuse(outcome.error);
  // No field can have become two.
  const bool is_whole = outcome.state == http::ParseOutcome::State::Complete &&
                        outcome.head_length == text_.size() && head().headers.size() == lines_;
  return is_whole ? Fault::None : refuse(ParseError::ControlByte);
}

// What is not looked at by the parser, and what must not reach it.
RequestHead::Fault RequestHead::check_pseudo_fields(bool has_body) {
  if (pseudo_.method.empty()) return Fault::Malformed;
  const bool is_connect = pseudo_.method == "CONNECT";
  if (is_connect && pseudo_.protocol.empty()) return refuse(ParseError::MethodNotImplemented);
  if (pseudo_.scheme.empty() || pseudo_.path.empty()) return Fault::Malformed;
  if (is_connect != !pseudo_.protocol.empty()) return Fault::Malformed;
  if (!std::all_of(pseudo_.method.begin(), pseudo_.method.end(), http::is_method_byte)) {
    return refuse(ParseError::MethodInvalid);
  }
  if (pseudo_.scheme != "http" && pseudo_.scheme != "https") {
    return refuse(ParseError::TargetSchemeUnknown);
  }
  if (!is_visible(pseudo_.path)) return refuse(ParseError::TargetInvalid);
  // RFC 9113 section 8.3.1: never the absolute-form of HTTP/1.1.
  if (pseudo_.path.front() != '/' && pseudo_.path != "*") {
    return refuse(ParseError::TargetFormNotAllowed);
  }
  if (!pseudo_.authority.empty() && !http::parse_authority(pseudo_.authority)) {
    return refuse(ParseError::HostInvalid);
  }
  return is_connect ? check_connect(has_body) : Fault::None;
}

// RFC 8441 section 4.
RequestHead::Fault RequestHead::check_connect(bool has_body) {
  if (pseudo_.protocol != "websocket") {
    return refuse(501, "the only protocol for CONNECT understood here is \"websocket\"");
  }
  if (pseudo_.authority.empty() || !has_body || seen_.length) return Fault::Malformed;
  is_websocket_ = true;
  return Fault::None;
}

void RequestHead::write_head(bool has_body) {
  text_.append(is_websocket_ ? "GET" : std::string_view(pseudo_.method));
  text_.append(" ").append(pseudo_.path).append(" HTTP/1.1\r\n");
  const auto line = [this](std::string_view name, std::string_view value) {
    text_.append(name).append(": ").append(value).append("\r\n");
    ++lines_;
  };
  if (!pseudo_.authority.empty()) line("host", pseudo_.authority);
  text_ += fields_;
  if (!cookies_.empty()) line("cookie", cookies_);
  if (is_websocket_) {
    const std::array<char, 24> key = websocket_key();
    line("connection", "Upgrade");
    line("upgrade", "websocket");
    line("sec-websocket-key", {key.data(), key.size()});
  } else if (has_body && !seen_.length) {
    line("transfer-encoding", "chunked");
  }
  text_ += "\r\n";
}

RequestHead::Fault RequestHead::check_trailer(std::string_view name, std::string_view value) {
  return Trailers::check(name, value) == Trailers::Fault::None ? Fault::None : Fault::Malformed;
}

}  // namespace mex::server::http2
