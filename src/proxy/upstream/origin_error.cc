#include "proxy/upstream/origin_error.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace mex::proxy::upstream {
namespace {

struct FaultText {
  int status;
  std::string_view name;
  std::string_view text;
};

// In the order of OriginFault.
constexpr std::array<FaultText, kOriginFaults> kFaults = {{
    {502, "name_unknown", "has a name that cannot be resolved"},
    {502, "forbidden", "is not allowed as an origin"},
    {502, "connect_failed", "cannot be connected to"},
    {504, "connect_timeout", "could not be connected to in time"},
    {502, "tls_failed", "failed the TLS handshake"},
    {503, "too_many_connections", "has as many connections as are allowed"},
    {502, "broken", "broke the connection"},
    {502, "closed_early", "closed the connection without a complete answer"},
    {504, "timeout", "did not answer in time"},
    {502, "head_malformed", "answered with a malformed head"},
    {502, "head_too_large", "answered with a head over the limit of 64 KiB or 100 fields"},
    {502, "body_malformed", "answered with a malformed body"},
    {502, "too_many_interim", "sent too many interim responses"},
    {502, "unasked_upgrade", "switched protocols without being asked to"},
    {503, "too_many_requests", "has as many requests as are allowed"},
    {504, "overall_timeout", "did not finish its answer in time"},
    {503, "refused", "refused the request"},
    {502, "stream_reset", "broke off its answer"},
    {502, "other_protocol", "does not speak the version of HTTP that its route asks for"},
    {502, "frames_malformed", "broke the rules of HTTP/2"},
    {503, "not_serving", "did not say that it serves"},
    {503, "no_origin", "is a service without endpoints now"},
    {503, "queue_full", "is busy (queue_full: as many requests wait for it as may)"},
    {503, "queue_timeout", "is busy (queue_timeout: the request has waited as long as it may)"},
    {408, "client_stalled", "was needed by others while its client moved no byte"},
    {503, "client_share", "was needed by others while its client had most connections"},
    {413, "body_too_large", "may not be sent so large a body (body_size)"},
}};

const FaultText& entry(OriginFault fault) { return kFaults[static_cast<std::size_t>(fault)]; }

}  // namespace

int status_for(OriginFault fault) { return entry(fault).status; }

std::string_view to_string(OriginFault fault) { return entry(fault).name; }

std::string_view what_happened(OriginFault fault) { return entry(fault).text; }

std::string OriginError::text(std::string_view origin) const {
  const std::string_view what = entry(fault).text;
  if (detail.empty()) return fmt::format("origin {} {}", origin, what);
  return fmt::format("origin {} {}: {}", origin, what, detail);
}

}  // namespace mex::proxy::upstream
