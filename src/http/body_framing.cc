#include "http/body_framing.h"

#include <cstddef>
#include <limits>
#include <string_view>

#include "http/characters.h"
#include "http/status_code.h"

namespace mex::http {
namespace {

// No length above this is believed: signed and unsigned 64-bit arithmetic of every peer agree on
// it.
constexpr std::uint64_t kMaxLength = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMaxLengthDigits = 19;

FramingVerdict refused(ParseError error) { return {{}, error}; }

// RFC 9110 section 8.6: 1*DIGIT and nothing else, so no sign, no list and no "0x".
FramingVerdict content_length_framing(const HeaderList& headers) {
  if (headers.count(KnownHeader::ContentLength) > 1) {
    return refused(ParseError::ContentLengthDuplicate);
  }
  const std::string_view text = headers.value(KnownHeader::ContentLength);
  if (text.empty() || text.size() > kMaxLengthDigits) {
    return refused(ParseError::ContentLengthInvalid);
  }
  std::uint64_t length = 0;
  for (char c : text) {
    if (!is_digit(c)) return refused(ParseError::ContentLengthInvalid);
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (length > kMaxLength) return refused(ParseError::ContentLengthInvalid);
  return {{BodyFraming::Kind::ContentLength, length}};
}

// RFC 9112 section 6.1: a server that does not understand a coding answers 501; section 6.3 rule 4:
// when "chunked" is not the final one the length cannot be known and the answer is 400.
ParseError check_transfer_encoding(const HeaderList& headers) {
  if (headers.count(KnownHeader::TransferEncoding) > 1) return ParseError::TransferEncodingInvalid;
  const std::string_view value = headers.value(KnownHeader::TransferEncoding);
  if (equals_ignoring_case(value, "chunked")) return ParseError::None;
  const std::size_t last_comma = value.rfind(',');
  if (last_comma == kNotFound ||
      !equals_ignoring_case(trim_white_space(value.substr(last_comma + 1)), "chunked")) {
    return ParseError::TransferEncodingInvalid;
  }
  ParseError error = ParseError::TransferEncodingUnsupported;
  for_each_list_element(value.substr(0, last_comma), [&error](std::string_view coding) {
    // "chunked, chunked" (section 6.1 forbids it) and text that is no coding at all.
    if (!is_token(coding) || equals_ignoring_case(coding, "chunked")) {
      error = ParseError::TransferEncodingInvalid;
    }
  });
  return error;
}

// What the two fields say, without regard to what the message answers.
FramingVerdict declared_framing(Version version, const HeaderList& headers) {
  const bool has_length = headers.has(KnownHeader::ContentLength);
  if (!headers.has(KnownHeader::TransferEncoding)) {
    return has_length ? content_length_framing(headers) : FramingVerdict{};
  }
  if (has_length) return refused(ParseError::ContentLengthWithTransferEncoding);
  if (version == Version::Http10) return refused(ParseError::TransferEncodingNotAllowed);
  const ParseError error = check_transfer_encoding(headers);
  if (error != ParseError::None) return refused(error);
  return {{BodyFraming::Kind::Chunked, 0}};
}

}  // namespace

FramingVerdict request_framing(Version version, const HeaderList& headers) {
  return declared_framing(version, headers);
}

FramingVerdict response_framing(Version version, int status, Method request_method,
                                const HeaderList& headers) {
  FramingVerdict verdict = declared_framing(version, headers);
  if (verdict.error != ParseError::None) return verdict;
  // RFC 9112 section 6.1: no Transfer-Encoding in 1xx and 204, nor in a 2xx to CONNECT.
  const bool is_tunnel = request_method == Method::Connect && status >= 200 && status < 300;
  if (verdict.framing.kind == BodyFraming::Kind::Chunked &&
      (status < 200 || status == 204 || is_tunnel)) {
    return refused(ParseError::TransferEncodingNotAllowed);
  }
  // RFC 9112 section 6.3 rules 1 and 2: the fields describe a body that is not sent.
  if (request_method == Method::Head || status_forbids_body(status) || is_tunnel) {
    return {};
  }
  if (verdict.framing.kind == BodyFraming::Kind::None) {
    verdict.framing.kind = BodyFraming::Kind::UntilClose;  // rule 8
  }
  return verdict;
}

}  // namespace mex::http
