// Heads of HTTP/2 as fields of any bytes. Promises: what becomes a request is one that HTTP/1.1's
// parser reads, with no field that was not sent and none that became two, for a host, with a path;
// and whatever is refused has a status and words for it.
//
// Byte 0: whether a body follows, and with which of the usual fields it begins. Then fields: the
// length of the name, of the value, and both.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "http/characters.h"
#include "oracle.h"
#include "server/http2/request_head.h"

namespace {

using mex::server::http2::RequestHead;
using Field = std::pair<std::string_view, std::string_view>;

constexpr std::array<Field, 4> kUsual = {
    Field{":method", "POST"}, {":scheme", "https"}, {":authority", "a.example"}, {":path", "/a"}};
constexpr std::string_view kOurs =
    "host cookie transfer-encoding connection upgrade sec-websocket-key";

void check(const RequestHead& read, const std::vector<Field>& sent) {
  const mex::http::RequestHead& head = read.head();
  require(head.method != mex::http::Method::Connect, "CONNECT is not passed on");
  require(!head.host_text.empty(), "a request has a host");
  require(head.path.starts_with('/') || head.path == "*", "a path is one");
  for (const mex::http::KnownHeader once :
       {mex::http::KnownHeader::Host, mex::http::KnownHeader::ContentLength,
        mex::http::KnownHeader::Cookie, mex::http::KnownHeader::TransferEncoding}) {
    require(head.headers.count(once) <= 1, "one line of these at most");
  }
  for (const mex::http::Header& header : head.headers) {
    require(mex::http::is_token(header.name), "a name is a token");
    require(mex::http::find_non_value_byte(header.value) == mex::http::kNotFound,
            "a value is one line");
    const bool was_sent =
        std::find(sent.begin(), sent.end(), Field{header.name, header.value}) != sent.end();
    require(was_sent || kOurs.find(header.name) != kOurs.npos, "a field was sent");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const mex::http::RequestLimits limits;
  static RequestHead head(limits);
  head.reset();
  const unsigned choice = data[0];
  std::string_view left(reinterpret_cast<const char*>(data + 1), size - 1);
  std::vector<Field> fields;
  for (std::size_t i = 0; i < kUsual.size(); ++i) {
    if ((choice >> i & 1U) == 0) fields.push_back(kUsual[i]);
  }
  const auto take = [&left](std::size_t count) {
    const std::string_view taken = left.substr(0, count);
    left.remove_prefix(taken.size());
    return taken;
  };
  while (left.size() >= 2) {
    const auto name_length = static_cast<unsigned char>(left[0]);
    const auto value_length = static_cast<unsigned char>(left[1]);
    left.remove_prefix(2);
    const std::string_view name = take(name_length);
    fields.emplace_back(name, take(value_length));
  }
  for (const auto& [name, value] : fields) {
    static_cast<void>(RequestHead::check_trailer(name, value));
    const RequestHead::Fault fault = head.add(name, value);
    if (fault != RequestHead::Fault::None) return 0;
  }
  switch (head.finish((choice & 0x80U) != 0)) {
    case RequestHead::Fault::None:
      check(head, fields);
      break;
    case RequestHead::Fault::Refused:
      require(head.status() >= 400 && !head.line().empty(), "a refusal says why");
      break;
    default:
      break;
  }
  return 0;
}
