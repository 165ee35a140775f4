// The head that the proxy sends to an origin. Promises: whatever the parser accepts can be written,
// in the space that was asked for; what was written is accepted again and has the same method,
// framing and host; the client's word about itself is not believed; and nothing of HTTP/2 over
// cleartext is asked for.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/forwarding_headers.h"
#include "http/request_parser.h"
#include "http/uri.h"
#include "oracle.h"
#include "proxy/route/trie.h"
#include "proxy/upstream/origin_request.h"

namespace {

using namespace mex;

std::shared_ptr<const proxy::route::Route> catch_all() {
  proxy::route::RoutePart part{};
  return proxy::route::make_route("/", "http://o/base", nullptr, part).value();
}

void check(const http::RequestHead& client, std::string_view path) {
  static const std::shared_ptr<const proxy::route::Route> route = catch_all();
  const proxy::upstream::OriginRequest request{.client = client,
                                               .route = *route,
                                               .target = {path, client.query, client.has_query},
                                               .client_ip = "192.0.2.7",
                                               .client_tls = true,
                                               .client_trusted = false,
                                               .agent_token = "agent"};
  std::vector<char> space(proxy::upstream::origin_request_size(request));
  const std::size_t size = proxy::upstream::write_origin_request(request, space);
  require(size > 0, "what the parser accepts can be written");

  // Our own fields come on top of the hundred that a client may send.
  if (client.headers.size() > http::HeaderList::kCapacity - 12) return;
  http::RequestParser again({.request_line = 1U << 20U, .head = 1U << 20U});
  const http::ParseOutcome outcome = again.feed({space.data(), size});
  require(outcome.state == http::ParseOutcome::State::Complete, "what was written is accepted");
  require(outcome.head_length == size, "it is one head and nothing else");
  const http::RequestHead& head = again.head();
  require(head.method_text == client.method_text, "the method is the client's");
  require(head.framing == client.framing, "the framing is the client's");
  require(client.host_text.empty() || head.host_text == client.host_text, "so is the host");
  require(head.path == "/base" || head.path.starts_with("/base/"), "below the base path");
  require(head.headers.value("X-Forwarded-For") == "192.0.2.7", "the client's own address");
  require(head.headers.count(http::KnownHeader::XForwardedFor) == 1, "said once");
  require(head.headers.count(http::KnownHeader::XRealIp) == 1, "said once");
  for (const http::Header& header : head.headers) {
    require(!http::is_forwarding_header(header.name) || header.known != http::KnownHeader::Other,
            "nothing of it is the client's word");
  }
  require(!head.headers.has(http::KnownHeader::Http2Settings), "no HTTP/2 over cleartext");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  http::RequestParser parser;
  if (parser.feed(bytes).state != http::ParseOutcome::State::Complete) return 0;
  const http::RequestHead& client = parser.head();
  std::string space(client.path.size(), '\0');
  const http::NormalPath path = http::normalize_path(client.path, space, http::Slashes::Kept);
  if (path.fault == http::PathFault::None) check(client, path.path);
  return 0;
}
