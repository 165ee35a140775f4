#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mex::http {

// Why bytes from a peer are not acceptable HTTP/1. One enum for heads and bodies of requests and
// responses, so that sessions need one error path.
enum class ParseError : std::uint8_t {
  None,
  // Lines and bytes
  BareLineFeed,
  BareCarriageReturn,
  ControlByte,
  // Request line
  MethodInvalid,
  MethodNotImplemented,
  RequestLineInvalid,
  RequestLineTooLong,
  TargetInvalid,
  TargetFragment,
  TargetUserInfo,
  TargetFormNotAllowed,
  TargetSchemeUnknown,
  VersionInvalid,
  VersionUnsupported,
  // Status line
  StatusLineInvalid,
  StatusCodeInvalid,
  // Header fields
  HeadTooLarge,
  TooManyHeaders,
  HeaderNameInvalid,
  HeaderColonMissing,
  SpaceBeforeColon,
  LineFolding,
  ConnectionInvalid,
  // Host
  HostMissing,
  HostDuplicate,
  HostInvalid,
  HostMismatch,
  // Framing
  ContentLengthInvalid,
  ContentLengthDuplicate,
  ContentLengthWithTransferEncoding,
  TransferEncodingInvalid,
  TransferEncodingUnsupported,
  TransferEncodingNotAllowed,
  ExpectationUnknown,
  // Chunked body
  ChunkSizeInvalid,
  ChunkSizeTooLarge,
  ChunkExtensionInvalid,
  ChunkExtensionTooLong,
  ChunkDataUnterminated,
  TrailerInvalid,
  TrailerTooLarge,
  TrailerForbidden,
};

inline constexpr std::size_t kParseErrorCount =
    static_cast<std::size_t>(ParseError::TrailerForbidden) + 1;

// The status a server answers a faulty request with: 400, 414, 417, 431, 501 or 505. The proxy
// answers 502 whenever the fault lies with the origin. `error` is not None.
int status_for(ParseError error);

// One fixed line that says what is wrong, without a full stop and without any byte of the peer:
// "the Host header is missing". Never allocates.
std::string_view to_string(ParseError error);

// What a head parser says after each feed().
struct ParseOutcome {
  enum class State : std::uint8_t { NeedMore, Complete, Rejected };
  State state = State::NeedMore;
  ParseError error = ParseError::None;  // Rejected: why
  std::size_t error_offset = 0;         // Rejected: where in the bytes given
  std::size_t head_length = 0;          // Complete: the body starts at this offset

  static ParseOutcome rejected(ParseError error, std::size_t offset) {
    return {State::Rejected, error, offset, 0};
  }
};

}  // namespace mex::http
