// Requests and responses that are known to be read in two ways by two programs. One row each:
// bytes, what is understood of them before the fault, the fault. Whatever follows the fault is
// never read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "http/test_stream.h"

namespace mex::http {
namespace {

using namespace std::string_literals;
using E = ParseError;

struct Row {
  std::string_view what;
  std::string bytes;
  std::string_view understood;
  ParseError error = ParseError::None;
};

// A second request that must never come out of the first one's body or head.
const std::string kEvil = "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n";

std::string get(const std::string& lines) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}
std::string post(const std::string& lines, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n" + body;
}
std::string target(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
}
std::string chunked(const std::string& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}
std::string response(const std::string& lines, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + lines + "\r\n" + body;
}

// clang-format off
const std::vector<Row> kFramingRows = {
    {"6.1 CL and TE", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + kEvil), "", E::ContentLengthWithTransferEncoding},
    {"6.1 TE and CL", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n" + kEvil), "", E::ContentLengthWithTransferEncoding},
    {"6.1 CL 0 and TE", post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "", E::ContentLengthWithTransferEncoding},
    {"6.1 CL and TE that is no coding", post("Content-Length: 5\r\nTransfer-Encoding: x\r\n", "hello"), "", E::ContentLengthWithTransferEncoding},
    {"6.3 two CLs that differ", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello" + kEvil), "", E::ContentLengthDuplicate},
    {"6.3 two CLs that are equal", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "", E::ContentLengthDuplicate},
    {"6.3 two CLs in other case", post("Content-Length: 0\r\ncontent-length: 33\r\n", kEvil), "", E::ContentLengthDuplicate},
    {"6.3 CL list of equals", post("Content-Length: 5, 5\r\n", "hello"), "", E::ContentLengthInvalid},
    {"6.3 CL list that differs", post("Content-Length: 5,6\r\n", "hello"), "", E::ContentLengthInvalid},
    {"8.6 CL with plus", post("Content-Length: +5\r\n", "hello"), "", E::ContentLengthInvalid},
    {"8.6 CL with minus", post("Content-Length: -5\r\n", "hello"), "", E::ContentLengthInvalid},
    {"8.6 CL in hexadecimal", post("Content-Length: 0x5\r\n", "hello"), "", E::ContentLengthInvalid},
    {"8.6 CL with underscore", post("Content-Length: 1_0\r\n", "hello"), "", E::ContentLengthInvalid},
    {"8.6 CL with inner space", post("Content-Length: 1 0\r\n", "hello"), "", E::ContentLengthInvalid},
    {"8.6 CL with a fraction", post("Content-Length: 5.0\r\n", "hello"), "", E::ContentLengthInvalid},
    {"8.6 CL with exponent", post("Content-Length: 1e1\r\n", "hello"), "", E::ContentLengthInvalid},
    {"8.6 CL empty", post("Content-Length:\r\n", kEvil), "", E::ContentLengthInvalid},
    {"8.6 CL over 64 bits", post("Content-Length: 18446744073709551621\r\n", "hello"), "", E::ContentLengthInvalid},
    {"8.6 CL over 63 bits", post("Content-Length: 9223372036854775808\r\n", "hello"), "", E::ContentLengthInvalid},
    {"8.6 CL with a vertical tab", post("Content-Length: \v5\r\n", "hello"), "", E::ControlByte},
    {"8.6 CL with white space around", post("Content-Length: \t5 \r\n", "hello" + kEvil), "POST /=hello; GET /evil"},
    {"8.6 CL with leading zeros", post("Content-Length: 0005\r\n", "hello"), "POST /=hello"},
    {"6.1 TE xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), "", E::TransferEncodingInvalid},
    {"6.1 TE chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), "", E::TransferEncodingInvalid},
    {"6.1 TE identity", post("Transfer-Encoding: identity\r\n", "hello"), "", E::TransferEncodingInvalid},
    {"6.1 TE identity, chunked", post("Transfer-Encoding: identity, chunked\r\n", "0\r\n\r\n"), "", E::TransferEncodingUnsupported},
    {"6.1 TE gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "", E::TransferEncodingUnsupported},
    {"6.1 TE that is no list of tokens", post("Transfer-Encoding: x y, chunked\r\n", "0\r\n\r\n"), "", E::TransferEncodingInvalid},
    {"6.1 TE chunked twice in one line", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), "", E::TransferEncodingInvalid},
    {"6.1 TE chunked twice in two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "", E::TransferEncodingInvalid},
    {"6.1 TE chunked and identity in two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), "", E::TransferEncodingInvalid},
    {"6.1 TE with leading comma", post("Transfer-Encoding: , chunked\r\n", "0\r\n\r\n"), "", E::TransferEncodingUnsupported},
    {"6.1 TE with trailing comma", post("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n"), "", E::TransferEncodingInvalid},
    {"6.1 TE quoted", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), "", E::TransferEncodingInvalid},
    {"6.1 TE with parameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), "", E::TransferEncodingInvalid},
    {"6.1 TE empty", post("Transfer-Encoding:\r\n", "0\r\n\r\n"), "", E::TransferEncodingInvalid},
    {"6.1 TE with a vertical tab", post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"), "", E::ControlByte},
    {"6.1 TE with obs-text", post("Transfer-Encoding: chunked\xA0\r\n", "0\r\n\r\n"), "", E::TransferEncodingInvalid},
    {"6.1 TE behind a tab", post("Transfer-Encoding:\tchunked\r\n", "1\r\na\r\n0\r\n\r\n"), "POST /=a"},
    {"6.1 TE in other case", post("TRANSFER-encoding: ChUnKeD\r\n", "1\r\na\r\n0\r\n\r\n" + kEvil), "POST /=a; GET /evil"},
    {"6.1 TE in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kEvil, "", E::TransferEncodingNotAllowed},
    {"5.2 TE folded", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), "", E::LineFolding},
    {"5.1 TE with space before colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n" + kEvil), "", E::SpaceBeforeColon},
    {"5.1 CL with tab before colon", post("Content-Length\t: 5\r\n", "hello"), "", E::SpaceBeforeColon},
    {"5.1 TE behind a bare CR", post("X: a\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "", E::BareCarriageReturn},
    {"5.1 TE behind a bare LF", post("X: a\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "", E::BareLineFeed},
    {"5.1 TE name with underscore is another header", post("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello"), "POST /=hello"},
    {"6.3 GET with a body", get("Content-Length: 5\r\n") + "hello" + kEvil, "GET /=hello; GET /evil"},
    {"6.3 GET without framing has no body", get("") + kEvil, "GET /; GET /evil"},
    {"6.3 POST without framing has no body", post("") + kEvil, "POST /; GET /evil"},
    {"6.3 DELETE with chunked body", "DELETE / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n" + kEvil, "DELETE /=ab; GET /evil"},
    {"6.3 body of exactly CL bytes", post("Content-Length: 31\r\n", kEvil), "POST /=" "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"},
};

const std::vector<Row> kHeadRows = {
    {"2.2 bare LF ends a header line", get("X: y\nZ: a\r\n"), "", E::BareLineFeed},
    {"2.2 bare LF ends the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", "", E::BareLineFeed},
    {"2.2 bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n" + kEvil, "", E::BareLineFeed},
    {"2.2 bare CR as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n", "", E::BareCarriageReturn},
    {"2.2 CR twice before LF", get("X: y\r\r\n"), "", E::BareCarriageReturn},
    {"2.2 empty value and lone CR", get("X:\rContent-Length: 33\r\n"), "", E::BareCarriageReturn},
    {"2.2 CR in a name", get("X\rY: z\r\n"), "", E::BareCarriageReturn},
    {"2.2 CR in the request line", "GET /\rX HTTP/1.1\r\nHost: a\r\n\r\n", "", E::BareCarriageReturn},
    {"2.2 NUL in a value", get("X: a\0b\r\n"s), "", E::ControlByte},
    {"2.2 NUL in a name", get("X\0Y: z\r\n"s), "", E::ControlByte},
    {"2.2 NUL in the request line", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, "", E::ControlByte},
    {"5.5 DEL in a value", get("X: a\x7F\r\n"), "", E::ControlByte},
    {"5.5 escape byte in a value", get("X: a\x1B[0m\r\n"), "", E::ControlByte},
    {"5.5 obs-text in a value", get("X: \xC3\xA9\xFF\r\n"), "GET /"},
    {"2.2 one empty line first", "\r\n" + get(""), "GET /"},
    {"2.2 two empty lines first", "\r\n\r\n" + get(""), "", E::RequestLineInvalid},
    {"2.2 white space before the first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "", E::LineFolding},
    {"5.2 folded header", get("X: y\r\n\tContent-Length: 33\r\n"), "", E::LineFolding},
    {"5.1 no colon", get("NoColon\r\n"), "", E::HeaderColonMissing},
    {"5.1 empty name", get(": y\r\n"), "", E::HeaderNameInvalid},
    {"5.1 space in a name", get("X Y: z\r\n"), "", E::HeaderNameInvalid},
    {"5.1 obs-text in a name", get("X\xFF: z\r\n"), "", E::HeaderNameInvalid},
    {"5.1 parenthesis in a name", get("X(Y): z\r\n"), "", E::HeaderNameInvalid},
    {"3.2 no Host", "GET / HTTP/1.1\r\nX: y\r\n\r\n", "", E::HostMissing},
    {"3.2 no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "GET /"},
    {"3.2 two Hosts", get("Host: b\r\n"), "", E::HostDuplicate},
    {"3.2 two equal Hosts", get("Host: a\r\n"), "", E::HostDuplicate},
    {"3.2 two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "", E::HostDuplicate},
    {"3.2 Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "", E::HostInvalid},
    {"3.2 Host empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "", E::HostInvalid},
    {"3.2 Host with a path", "GET / HTTP/1.1\r\nHost: a/evil\r\n\r\n", "", E::HostInvalid},
    {"3.2 Host with userinfo", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "", E::HostInvalid},
    {"3.2 Host with a bad port", "GET / HTTP/1.1\r\nHost: a:80x\r\n\r\n", "", E::HostInvalid},
    {"3.2.2 absolute-form against Host", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", "", E::HostMismatch},
    {"3.2.2 absolute-form with other port", "GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", "", E::HostMismatch},
    {"3.2.2 absolute-form with default port", "GET http://A:80/p HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://A:80/p"},
    {"3.2.2 absolute-form without Host", "GET http://a/ HTTP/1.1\r\n\r\n", "", E::HostMissing},
    {"4.2.4 userinfo in the target", "GET http://a@evil/ HTTP/1.1\r\nHost: evil\r\n\r\n", "", E::TargetUserInfo},
    {"3.2 fragment in the target", target("/a#b"), "", E::TargetFragment},
    {"3.2 other scheme", target("ftp://a/"), "", E::TargetSchemeUnknown},
    {"3.2.3 authority-form without CONNECT", target("a:80"), "", E::TargetFormNotAllowed},
    {"3.2.4 asterisk-form without OPTIONS", target("*"), "", E::TargetFormNotAllowed},
    {"3.2 relative target", target("evil"), "", E::TargetFormNotAllowed},
    {"3 CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n" + kEvil, "", E::MethodNotImplemented},
    {"9.1 rest of a body before the method", post("Content-Length: 2\r\n", "abc" + kEvil), "POST /=ab", E::MethodInvalid},
    {"9.1 rest of a chunked body before the method", get("") + "0\r\n\r\n" + kEvil, "GET /", E::MethodInvalid},
    {"9.1 lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "", E::MethodInvalid},
    {"3 space in the target", target("/a b"), "", E::RequestLineInvalid},
    {"3 two spaces before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "", E::RequestLineInvalid},
    {"3 no target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", "", E::RequestLineInvalid},
    {"3 two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "", E::RequestLineInvalid},
    {"3 space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "", E::RequestLineInvalid},
    {"3 tab as separator", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "", E::MethodInvalid},
    {"3 form feed in the target", target("/\f"), "", E::ControlByte},
    {"3.2 raw UTF-8 in the target", target("/\xC3\xA9"), "", E::TargetInvalid},
    {"3 HTTP/0.9", "GET /\r\n" + kEvil, "", E::RequestLineInvalid},
    {"2.3 HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "", E::VersionUnsupported},
    {"2.3 HTTP/2.0 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", E::VersionUnsupported},
    {"2.3 lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", "", E::VersionInvalid},
    {"2.3 version with a plus", "GET / HTTP/+1.1\r\nHost: a\r\n\r\n", "", E::VersionInvalid},
    {"2.3 version with more digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "", E::VersionInvalid},
    {"a TLS handshake", "\x16\x03\x01\x02"s, "", E::ControlByte},
    {"7.6.1 Connection that is no list of tokens", get("Connection: close; x\r\n"), "", E::ConnectionInvalid},
};

const std::vector<Row> kChunkRows = {
    {"7.1 chunk size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), "POST /=...", E::ChunkSizeInvalid},
    {"7.1 chunk size with plus", chunked("+5\r\nhello\r\n0\r\n\r\n"), "POST /=...", E::ChunkSizeInvalid},
    {"7.1 chunk size with minus", chunked("-1\r\nhello\r\n0\r\n\r\n"), "POST /=...", E::ChunkSizeInvalid},
    {"7.1 chunk size with underscore", chunked("1_0\r\nhello\r\n0\r\n\r\n"), "POST /=...", E::ChunkSizeInvalid},
    {"7.1 chunk size empty", chunked("\r\nhello\r\n0\r\n\r\n"), "POST /=...", E::ChunkSizeInvalid},
    {"7.1 chunk size behind space", chunked(" 5\r\nhello\r\n0\r\n\r\n"), "POST /=...", E::ChunkSizeInvalid},
    {"7.1 chunk size before space", chunked("5 \r\nhello\r\n0\r\n\r\n"), "POST /=...", E::ChunkSizeInvalid},
    {"7.1 chunk size over 64 bits", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), "POST /=...", E::ChunkSizeTooLarge},
    {"7.1 chunk size over 63 bits", chunked("8000000000000000\r\nhello\r\n0\r\n\r\n"), "POST /=...", E::ChunkSizeTooLarge},
    {"7.1 leading zeros flood", chunked("00000000000000005\r\nhello\r\n0\r\n\r\n"), "POST /=...", E::ChunkSizeTooLarge},
    {"7.1 chunk size ends with LF", chunked("5\nhello\r\n0\r\n\r\n"), "POST /=...", E::BareLineFeed},
    {"7.1 chunk size ends with CR", chunked("5\rhello\r\n0\r\n\r\n"), "POST /=...", E::BareCarriageReturn},
    {"7.1 chunk longer than its size", chunked("4\r\nhello\r\n0\r\n\r\n"), "POST /=hell...", E::ChunkDataUnterminated},
    {"7.1 chunk shorter than its size", chunked("6\r\nhello\r\n0\r\n\r\n"), "POST /=hello\r...", E::ChunkDataUnterminated},
    {"7.1 chunk ends with LF", chunked("5\r\nhello\n0\r\n\r\n"), "POST /=hello...", E::ChunkDataUnterminated},
    {"7.1 chunk ends with CR", chunked("5\r\nhello\r0\r\n\r\n"), "POST /=hello...", E::BareCarriageReturn},
    {"7.1.1 LF in an extension", chunked("5;a\nhello\r\n0\r\n\r\n"), "POST /=...", E::BareLineFeed},
    {"7.1.1 CR in an extension", chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), "POST /=...", E::BareCarriageReturn},
    {"7.1.1 NUL in an extension", chunked("5;a\0b\r\nhello\r\n0\r\n\r\n"s), "POST /=...", E::ChunkExtensionInvalid},
    {"7.1.1 LF in a quoted extension", chunked("5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"), "POST /=...", E::BareLineFeed},
    {"7.1.1 extension", chunked("5;a=\"b\"\r\nhello\r\n0;c\r\n\r\n" + kEvil), "POST /=hello; GET /evil"},
    {"7.1.1 extension too long", chunked("5;" + std::string(4097, 'a') + "\r\nhello\r\n0\r\n\r\n"), "POST /=...", E::ChunkExtensionTooLong},
    {"7.1.2 CL as trailer", chunked("0\r\nContent-Length: 5\r\n\r\n"), "POST /=...", E::TrailerForbidden},
    {"7.1.2 TE as trailer", chunked("0\r\ntransfer-encoding: chunked\r\n\r\n"), "POST /=...", E::TrailerForbidden},
    {"7.1.2 Host as trailer", chunked("0\r\nHost: evil\r\n\r\n"), "POST /=...", E::TrailerForbidden},
    {"7.1.2 trailer ends with LF", chunked("0\r\nX: y\n\r\n"), "POST /=...", E::BareLineFeed},
    {"7.1.2 trailer with space before colon", chunked("0\r\nX : y\r\n\r\n"), "POST /=...", E::TrailerInvalid},
    {"7.1.2 trailer folded", chunked("0\r\nX: y\r\n z\r\n\r\n"), "POST /=...", E::TrailerInvalid},
    {"7.1.2 request in place of a trailer", chunked("0\r\n" + kEvil), "POST /=...", E::TrailerInvalid},
    {"7.1.2 trailers too long", chunked("0\r\nX: " + std::string(8192, 'y') + "\r\n\r\n"), "POST /=...", E::TrailerTooLarge},
    {"7.1.2 trailers are dropped", chunked("1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n" + kEvil), "POST /=a; GET /evil"},
    {"7.1 last chunk ends with LF", chunked("0\r\n\n" + kEvil), "POST /=...", E::BareLineFeed},
    {"7.1 last chunk ends with CR", chunked("0\r\n\rX" + kEvil), "POST /=...", E::BareCarriageReturn},
    {"7.1 more zeros are the last chunk", chunked("1\r\na\r\n000\r\n\r\n" + kEvil), "POST /=a; GET /evil"},
    {"7.1 upper and lower case digits", chunked("A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n"), "POST /=01234567890123456789a"},
};

// The origin is the attacker here, or was split by one.
const std::vector<Row> kResponseRows = {
    {"6.3 CL and TE", response("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "", E::ContentLengthWithTransferEncoding},
    {"6.3 two CLs", response("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "", E::ContentLengthDuplicate},
    {"6.3 CL list", response("Content-Length: 5, 5\r\n", "hello"), "", E::ContentLengthInvalid},
    {"6.3 CL negative", response("Content-Length: -1\r\n", "hello"), "", E::ContentLengthInvalid},
    {"6.1 TE gzip", response("Transfer-Encoding: gzip\r\n", "hello"), "", E::TransferEncodingInvalid},
    {"6.1 TE in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", E::TransferEncodingNotAllowed},
    {"6.1 TE in 204", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", E::TransferEncodingNotAllowed},
    {"6.1 TE in 1xx", "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n", "", E::TransferEncodingNotAllowed},
    {"6.3 204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello\r\n", "204", E::StatusLineInvalid},
    {"6.3 304 with a body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello\r\n", "304", E::StatusLineInvalid},
    {"6.3 1xx before the answer", "HTTP/1.1 100 Continue\r\n\r\n" + response("Content-Length: 2\r\n", "ok"), "100; 200=ok"},
    {"6.3 second answer behind the first", response("Content-Length: 2\r\n", "ok") + response("Content-Length: 4\r\n", "evil"), "200=ok; 200=evil"},
    {"6.3 no framing reads until close", response("", "all" + response("", "")), "200=all" "HTTP/1.1 200 OK\r\n\r\n..."},
    {"5.1 space before colon", response("Content-Length : 5\r\n", "hello"), "", E::SpaceBeforeColon},
    {"5.2 folded header", response("X: y\r\n z\r\nContent-Length: 0\r\n"), "", E::LineFolding},
    {"2.2 bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", "", E::BareLineFeed},
    {"2.2 bare CR", response("X: y\rSet-Cookie: a\r\n"), "", E::BareCarriageReturn},
    {"2.2 NUL in a value", response("X: \0\r\n"s), "", E::ControlByte},
    {"4 no version", "200 OK\r\n\r\n", "", E::StatusLineInvalid},
    {"4 HTTP/2 in text", "HTTP/2.0 200 OK\r\n\r\n", "", E::VersionUnsupported},
    {"4 ICY", "ICY 200 OK OK OK\r\n\r\n", "", E::StatusLineInvalid},
    {"4 two digits", "HTTP/1.1 20 OK\r\n\r\n", "", E::StatusCodeInvalid},
    {"4 four digits", "HTTP/1.1 2000 OK\r\n\r\n", "", E::StatusLineInvalid},
    {"4 status 099", "HTTP/1.1 099 OK\r\n\r\n", "", E::StatusCodeInvalid},
    {"4 status 600", "HTTP/1.1 600 OK\r\n\r\n", "", E::StatusCodeInvalid},
    {"4 control byte in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n", "", E::ControlByte},
    {"4 no reason", "HTTP/1.1 204 \r\n\r\n", "204"},
    {"4 neither reason nor space", "HTTP/1.1 204\r\n\r\n", "204"},
    {"2.2 empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", "", E::StatusLineInvalid},
};
// clang-format on

constexpr std::size_t kSteps[] = {1, 2, 7, 1U << 20U};

void expect_requests(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    for (const std::size_t step : kSteps) {
      EXPECT_EQ(read_requests(row.bytes, step),
                (Transcript{std::string(row.understood), row.error}))
          << row.what << ", in pieces of " << step;
    }
  }
}

TEST(SmugglingTest, RequestFraming) { expect_requests(kFramingRows); }
TEST(SmugglingTest, RequestHeads) { expect_requests(kHeadRows); }
TEST(SmugglingTest, Chunks) { expect_requests(kChunkRows); }

TEST(SmugglingTest, Responses) {
  for (const Row& row : kResponseRows) {
    for (const std::size_t step : kSteps) {
      EXPECT_EQ(read_responses(row.bytes, Method::Get, step),
                (Transcript{std::string(row.understood), row.error}))
          << row.what << ", in pieces of " << step;
    }
  }
}

// A row whose bytes are refused for another reason than the one it is about proves nothing: the
// same requests without the trick are accepted.
TEST(SmugglingTest, HonestRequestsAreAccepted) {
  EXPECT_EQ(read_requests(get(""), 1).text, "GET /");
  EXPECT_EQ(read_requests(post("Content-Length: 5\r\n", "hello"), 1).text, "POST /=hello");
  EXPECT_EQ(read_requests(target("/a"), 1).text, "GET /a");
  EXPECT_EQ(read_requests(chunked("5\r\nhello\r\n0\r\n\r\n"), 1).text, "POST /=hello");
  EXPECT_EQ(read_responses(response("Content-Length: 5\r\n", "hello"), Method::Get, 1).text,
            "200=hello");
}

}  // namespace
}  // namespace mex::http
