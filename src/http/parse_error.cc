#include "http/parse_error.h"

#include <array>
#include <cstddef>

namespace mex::http {
namespace {

struct Row {
  ParseError error;
  int status;
  std::string_view text;
};

constexpr std::array kRows = {
    Row{ParseError::None, 200, "no error"},
    Row{ParseError::BareLineFeed, 400, "a line ends with LF alone instead of CRLF"},
    Row{ParseError::BareCarriageReturn, 400, "a carriage return is not followed by a line feed"},
    Row{ParseError::ControlByte, 400, "a control byte stands where none is allowed"},
    Row{ParseError::MethodInvalid, 400, "the method is not of upper-case letters"},
    Row{ParseError::MethodNotImplemented, 501, "the CONNECT method is not offered here"},
    Row{ParseError::RequestLineInvalid, 400,
        "the request line is not \"method target version\" with single spaces"},
    Row{ParseError::RequestLineTooLong, 414, "the request line is too long"},
    Row{ParseError::TargetInvalid, 400,
        "the request target has a byte that must be percent-encoded"},
    Row{ParseError::TargetFragment, 400, "the request target has a fragment ('#')"},
    Row{ParseError::TargetUserInfo, 400,
        "the request target has user information ('@') before the host"},
    Row{ParseError::TargetFormNotAllowed, 400,
        "the request target must start with '/' (only OPTIONS may use '*')"},
    Row{ParseError::TargetSchemeUnknown, 400,
        "the scheme of the request target is not http or https"},
    Row{ParseError::VersionInvalid, 400, "the HTTP version is malformed"},
    Row{ParseError::VersionUnsupported, 505, "only HTTP/1.0 and HTTP/1.1 are understood here"},
    Row{ParseError::StatusLineInvalid, 400, "the status line is malformed"},
    Row{ParseError::StatusCodeInvalid, 400, "the status code is not a number from 100 to 599"},
    Row{ParseError::HeadTooLarge, 431, "the header block is too large"},
    Row{ParseError::TooManyHeaders, 431, "there are too many header lines"},
    Row{ParseError::HeaderNameInvalid, 400, "a header name has a byte that is not allowed"},
    Row{ParseError::HeaderColonMissing, 400, "a header line has no colon"},
    Row{ParseError::SpaceBeforeColon, 400,
        "white space stands between a header name and its colon"},
    Row{ParseError::LineFolding, 400, "a header line starts with white space"},
    Row{ParseError::ConnectionInvalid, 400, "the Connection header is not a short list of tokens"},
    Row{ParseError::HostMissing, 400, "the Host header is missing"},
    Row{ParseError::HostDuplicate, 400, "there is more than one Host header"},
    Row{ParseError::HostInvalid, 400, "the host is not a name or address with an optional port"},
    Row{ParseError::HostMismatch, 400,
        "the Host header differs from the host of the request target"},
    Row{ParseError::ContentLengthInvalid, 400,
        "the Content-Length header is not a decimal number in range"},
    Row{ParseError::ContentLengthDuplicate, 400, "there is more than one Content-Length"},
    Row{ParseError::ContentLengthWithTransferEncoding, 400,
        "Content-Length and Transfer-Encoding exclude each other"},
    Row{ParseError::TransferEncodingInvalid, 400,
        "the Transfer-Encoding header is not exactly \"chunked\""},
    Row{ParseError::TransferEncodingUnsupported, 501,
        "no transfer coding but \"chunked\" is understood here"},
    Row{ParseError::TransferEncodingNotAllowed, 400,
        "Transfer-Encoding is not allowed in this message"},
    Row{ParseError::ExpectationUnknown, 417,
        "the only expectation understood here is \"100-continue\""},
    Row{ParseError::ChunkSizeInvalid, 400, "a chunk size is not a hexadecimal number"},
    Row{ParseError::ChunkSizeTooLarge, 400, "a chunk size is too large"},
    Row{ParseError::ChunkExtensionInvalid, 400, "a chunk extension has a control byte"},
    Row{ParseError::ChunkExtensionTooLong, 400, "the chunk extensions are too long"},
    Row{ParseError::ChunkDataUnterminated, 400, "a chunk is longer than its size says"},
    Row{ParseError::TrailerInvalid, 400, "a trailer line is malformed"},
    Row{ParseError::TrailerTooLarge, 431, "the trailer section is too large"},
    Row{ParseError::TrailerForbidden, 400,
        "a trailer has the name of a header that frames or routes the message"},
};

// The rows are found by index, so they must stand in the order of the enum.
static_assert([] {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].error) != i) return false;
  }
  return kRows.size() == kParseErrorCount;
}());

}  // namespace

int status_for(ParseError error) { return kRows[static_cast<std::size_t>(error)].status; }

std::string_view to_string(ParseError error) { return kRows[static_cast<std::size_t>(error)].text; }

}  // namespace mex::http
