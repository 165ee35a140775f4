#include "proxy/upstream/origin_request.h"

#include <array>

#include "http/forwarding_headers.h"
#include "http/writer.h"

namespace mex::proxy::upstream {
namespace {

using http::KnownHeader;

constexpr std::string_view kClientCert = "Client-Cert";  // RFC 9440
constexpr std::string_view kClientCertChain = "Client-Cert-Chain";
constexpr std::string_view kLoopHeader = "CDN-Loop";  // RFC 8586
// More lines of one forwarding header than a chain of trusted proxies makes.
constexpr std::size_t kMaxJoinedLines = 16;

class HeaderPieces {
 public:
  void add(std::string_view piece) {
    if (size_ < pieces_.size()) pieces_[size_++] = piece;
  }
  std::span<const std::string_view> all() const { return {pieces_.data(), size_}; }

 private:
  std::array<std::string_view, 2 * kMaxJoinedLines + 8> pieces_;
  std::size_t size_ = 0;
};

// What trusted peers said before us, each followed by a comma.
void add_previous_values(HeaderPieces& pieces, const OriginRequest& request, KnownHeader name) {
  if (!request.client_trusted || !request.client.headers.has(name)) return;
  std::size_t lines = 0;
  for (const http::Header& header : request.client.headers) {
    if (header.known != name || header.value.empty() || ++lines > kMaxJoinedLines) continue;
    pieces.add(header.value);
    pieces.add(", ");
  }
}

// Of names that are not known. A trusted peer is believed, but no proxy writes underscores: those
// are its client's, who hopes that an origin takes them for dashes.
bool is_passed_on(std::string_view name, bool client_trusted) {
  if (!http::is_forwarding_header(name)) return true;
  // RFC 9440 section 4: they say what this TLS has verified, so no one else says them.
  if (http::equals_ignoring_case(name, kClientCert) ||
      http::equals_ignoring_case(name, kClientCertChain)) {
    return false;
  }
  return client_trusted && name.find('_') == std::string_view::npos;
}

bool is_passed_on(const http::Header& header, const OriginRequest& request) {
  if (header.hop_by_hop) return false;
  const bool client_trusted = request.client_trusted;
  switch (header.known) {
    case KnownHeader::Host:
    case KnownHeader::ContentLength:
    case KnownHeader::TransferEncoding:
    case KnownHeader::Http2Settings:
    case KnownHeader::Expect:
    case KnownHeader::Forwarded:
    case KnownHeader::XForwardedFor:
    case KnownHeader::XForwardedPrefix:
    case KnownHeader::XOriginHost:
      return false;
    case KnownHeader::XForwardedHost:
    case KnownHeader::XForwardedPort:
    case KnownHeader::XForwardedProto:
    case KnownHeader::XRealIp:
      return client_trusted;
    case KnownHeader::Traceparent:
    case KnownHeader::Tracestate:
      return request.trace.is_client_kept;
    case KnownHeader::XRequestId:
      return request.request_id.empty();
    case KnownHeader::Other:
      return is_passed_on(header.name, client_trusted);
    default:
      return true;
  }
}

void write_body_headers(http::HeadWriter& head, const http::RequestHead& client) {
  switch (client.framing.kind) {
    case http::BodyFraming::Kind::ContentLength:
      head.header(KnownHeader::ContentLength, client.framing.length);
      break;
    case http::BodyFraming::Kind::Chunked:
      head.header(KnownHeader::TransferEncoding, "chunked");
      break;
    default:
      return;
  }
  if (client.expects_continue) head.header(KnownHeader::Expect, "100-continue");
}

bool needs_quotes(std::string_view value) { return value.find_first_of(":[") != value.npos; }

// RFC 7239 section 4.
void write_forwarded(http::HeadWriter& head, const OriginRequest& request) {
  HeaderPieces pieces;
  add_previous_values(pieces, request, KnownHeader::Forwarded);
  const bool ipv6 = request.client_ip.find(':') != std::string_view::npos;
  pieces.add(ipv6 ? "for=\"[" : "for=");
  pieces.add(request.client_ip);
  pieces.add(ipv6 ? "]\"" : "");
  const std::string_view host = request.client.host_text;
  if (!host.empty()) {
    const std::string_view quote = needs_quotes(host) ? "\"" : "";
    pieces.add(";host=");
    pieces.add(quote);
    pieces.add(host);
    pieces.add(quote);
  }
  pieces.add(request.client_tls ? ";proto=https" : ";proto=http");
  head.header(KnownHeader::Forwarded, pieces.all());
}

// What was cut off the path, so that the origin knows how its own paths are seen from outside. A
// trusted proxy before us has cut off what comes first.
void write_prefix(http::HeadWriter& head, const OriginRequest& request) {
  const std::string_view ours = request.route.public_prefix();
  std::string_view theirs;
  if (request.client_trusted) {
    theirs = request.client.headers.value(KnownHeader::XForwardedPrefix);
    if (!theirs.starts_with('/')) theirs = {};
    while (theirs.ends_with('/')) theirs.remove_suffix(1);
  }
  if (ours.empty() && theirs.empty()) return;
  const std::array<std::string_view, 2> pieces{theirs, ours};
  head.header(KnownHeader::XForwardedPrefix, pieces);
}

void write_forwarding_headers(http::HeadWriter& head, const OriginRequest& request) {
  const http::HeaderList& headers = request.client.headers;
  if (request.client_trusted) {
    HeaderPieces addresses;
    add_previous_values(addresses, request, KnownHeader::XForwardedFor);
    addresses.add(request.client_ip);
    head.header(KnownHeader::XForwardedFor, addresses.all());
  } else {
    head.header(KnownHeader::XForwardedFor, request.client_ip);
  }
  if (!request.client_trusted || !headers.has(KnownHeader::XForwardedHost)) {
    head.header(KnownHeader::XForwardedHost, request.client.host_text);
  }
  if (!request.client_trusted || !headers.has(KnownHeader::XForwardedProto)) {
    head.header(KnownHeader::XForwardedProto, request.client_tls ? "https" : "http");
  }
  if (!request.client_trusted || !headers.has(KnownHeader::XForwardedPort)) {
    head.header(KnownHeader::XForwardedPort, std::uint64_t{request.local_port});
  }
  write_prefix(head, request);
  if (!request.client_trusted || !headers.has(KnownHeader::XRealIp)) {
    head.header(KnownHeader::XRealIp, request.client_ip);
  }
  head.header(KnownHeader::XOriginHost, request.route.origin_authority());
  write_forwarded(head, request);
}

void write_client_certificate(http::HeadWriter& head, const OriginRequest& request) {
  const tls::ClientIdentity* const client = request.client_identity;
  if (client == nullptr || client->certificate.empty()) return;
  head.header(kClientCert, client->certificate);
  if (!client->chain.empty()) head.header(kClientCertChain, client->chain);
}

std::size_t client_certificate_size(const OriginRequest& request) {
  const tls::ClientIdentity* const client = request.client_identity;
  return client == nullptr ? 0 : client->certificate.size() + client->chain.size();
}

// The names that the request has in logs; see TraceLines.
void write_names(http::HeadWriter& head, const OriginRequest& request) {
  const route::HeaderChanges& changes = request.route.action().request_headers();
  const auto write = [&](KnownHeader name, std::string_view value) {
    if (!value.empty() && !changes.drops(http::to_string(name))) head.header(name, value);
  };
  write(KnownHeader::XRequestId, request.request_id);
  write(KnownHeader::Traceparent, request.trace.traceparent);
  write(KnownHeader::Tracestate, request.trace.tracestate);
}

// From the first byte of the method to the last of the headers: what the client's head holds.
std::size_t client_head_size(const http::RequestHead& client) {
  std::size_t size = client.method_text.size() + client.target.size();
  for (const http::Header& header : client.headers) {
    size += header.name.size() + header.value.size() + 4;  // ": " and CRLF
  }
  return size;
}

}  // namespace

std::size_t origin_request_size(const OriginRequest& request) {
  constexpr std::size_t kFixedText = 512;  // names and punctuation of all that is added
  // The target twice: see write_origin_request.
  return client_head_size(request.client) +
         2 * route::rewritten_size(request.route, request.target) +
         3 * request.client.host_text.size() + 2 * request.route.origin_authority().size() +
         3 * request.client_ip.size() + request.route.public_prefix().size() +
         request.agent_token.size() + client_certificate_size(request) + request.request_id.size() +
         request.trace.traceparent.size() + request.trace.tracestate.size() +
         request.route.action().request_headers().added_size() + kFixedText;
}

std::size_t write_origin_request(const OriginRequest& request, std::span<char> space) {
  const http::RequestHead& client = request.client;
  // The target is put together at the end of the space, far behind what is being written.
  const std::size_t target_size = route::rewritten_size(request.route, request.target);
  const std::string_view target = route::rewrite_target(request.route, request.target,
                                                        space.subspan(space.size() - target_size));

  const route::HeaderChanges& changes = request.route.action().request_headers();
  http::HeadWriter head(space);
  head.request_line(client.method_text, target);
  head.header(KnownHeader::Host,
              client.host_text.empty() ? request.route.origin_authority() : client.host_text);
  for (const http::Header& header : client.headers) {
    if (is_passed_on(header, request) && !changes.drops(header.name)) {
      head.header(header.name, header.value);
    }
  }
  for (const route::HeaderValue& each : changes.added()) head.header(each.name, each.value);
  write_names(head, request);
  write_body_headers(head, client);
  const std::string_view upgrade = forwarded_upgrade(client);
  if (!upgrade.empty()) {
    head.header(KnownHeader::Connection, "Upgrade");
    head.header(KnownHeader::Upgrade, upgrade);
  }
  write_forwarding_headers(head, request);
  write_client_certificate(head, request);
  head.header(kLoopHeader, request.agent_token);
  head.end();
  return head.error() == http::HeadWriter::Error::None ? head.size() : 0;
}

std::string_view forwarded_upgrade(const http::RequestHead& client) {
  if (!client.wants_upgrade || client.framing.kind != http::BodyFraming::Kind::None) return {};
  if (client.headers.count(KnownHeader::Upgrade) != 1) return {};
  const std::string_view value = client.headers.value(KnownHeader::Upgrade);
  bool allowed = true;
  http::for_each_list_element(value, [&allowed](std::string_view protocol) {
    if (http::equals_ignoring_case(protocol.substr(0, 3), "h2c")) allowed = false;
  });
  return allowed ? value : std::string_view();
}

bool has_passed(const http::RequestHead& client, std::string_view agent_token) {
  for (const http::Header& header : client.headers) {
    if (header.known == KnownHeader::Other &&
        http::equals_ignoring_case(header.name, kLoopHeader) &&
        header.value.find(agent_token) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

}  // namespace mex::proxy::upstream
