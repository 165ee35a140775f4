#pragma once

#include <array>
#include <string_view>

namespace mex::http {

// Names by which proxies tell an origin what only they know of a request: where it came from, by
// which host, scheme and port, and which path the client asked for. A server that is asked by a
// proxy believes them, so a client that sends one itself speaks with the proxy's voice: what a
// client that is not a trusted proxy says here never reaches an origin. It is the one list of all
// ways to origins (the path proxy, the instances of nginx).
//
// RFC 7239 (Forwarded), what nginx, HAProxy, Envoy, Traefik, IIS, WebLogic, Spring, ASP.NET and
// WSGI servers are set up to send or to read, and what content delivery networks send. Names that
// say what a request is (X-HTTP-Method-Override), who sent it (Authorization) or which it is
// (X-Request-ID) are none of them.
inline constexpr auto kForwardingHeaders = std::to_array<std::string_view>({
    // Where from.
    "Ali-CDN-Real-IP",
    "CDN-Src-IP",
    "CF-Connecting-IP",
    "CF-Connecting-IPv6",
    "CF-Pseudo-IPv4",
    "CF-Visitor",
    "Client-IP",
    "CloudFront-Forwarded-Proto",
    "CloudFront-Viewer-Address",
    "Cluster-Client-IP",
    "DO-Connecting-IP",
    "Fastly-Client-IP",
    "Fastly-SSL",
    "Fly-Client-IP",
    "Fly-Forwarded-Port",
    "Fly-Forwarded-Proto",
    "Fly-Forwarded-SSL",
    "Forwarded",
    "Forwarded-For",
    "Forwarded-For-IP",
    "Forwarded-Host",
    "Forwarded-Proto",
    "Proxy-Client-IP",
    "Real-IP",
    "Remote-Addr",
    "True-Client-IP",
    "True-Client-Port",
    "WL-Proxy-Client-IP",
    "X-Appengine-Remote-Addr",
    "X-Appengine-User-IP",
    "X-Azure-ClientIP",
    "X-Azure-SocketIP",
    "X-Client-IP",
    "X-Client-Port",
    "X-Cluster-Client-IP",
    "X-Custom-IP-Authorization",
    "X-Envoy-External-Address",
    "X-Forward",
    "X-Forward-For",
    "X-Forwarded",
    "X-Forwarded-By",
    "X-Forwarded-Client-Cert",
    "X-Forwarded-Client-IP",
    "X-Forwarded-For",
    "X-Forwarded-For-IP",
    "X-Forwarded-For-Original",
    "X-MS-Forwarded-Client-IP",
    "X-NF-Client-Connection-IP",
    "X-Original-For",
    "X-Original-Forwarded-For",
    "X-Original-IP",
    "X-Original-Remote-Addr",
    "X-Originating-IP",
    "X-ProxyUser-IP",
    "X-Real-IP",
    "X-Real-Port",
    "X-RealIP",
    "X-Remote-Addr",
    "X-Remote-IP",
    "X-True-Client-IP",
    "X-True-IP",
    "X-Vercel-Forwarded-For",
    // Which certificate it has shown (RFC 9440, and what was usual before).
    "Client-Cert",
    "Client-Cert-Chain",
    "SSL-Client-Cert",
    "SSL-Client-Verify",
    "X-Client-Cert",
    "X-Client-Verify",
    "X-SSL-Cert",
    "X-SSL-Client-Cert",
    "X-SSL-Client-DN",
    "X-SSL-Client-S-DN",
    "X-SSL-Client-Verify",
    // On whose behalf, as proxies that log users in say it.
    "X-Forwarded-Access-Token",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-User",
    // By which host and port.
    "Fastly-Orig-Host",
    "X-Forwarded-Host",
    "X-Forwarded-HTTP-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Server",
    "X-Host",
    "X-Host-Override",
    "X-HTTP-Host-Override",
    "X-Origin-Host",
    "X-Original-Host",
    "X-Original-Port",
    // By which scheme.
    "Front-End-Https",
    "SSL-Offloaded",
    "WL-Proxy-SSL",
    "X-ARR-ClientCert",
    "X-ARR-SSL",
    "X-Forwarded-HTTPS",
    "X-Forwarded-Proto",
    "X-Forwarded-Protocol",
    "X-Forwarded-Scheme",
    "X-Forwarded-SSL",
    "X-Original-Proto",
    "X-Original-Scheme",
    "X-Scheme",
    "X-URL-Scheme",
    // For which path.
    "X-Envoy-Original-Path",
    "X-Forwarded-Context",
    "X-Forwarded-Method",
    "X-Forwarded-Path",
    "X-Forwarded-Prefix",
    "X-Forwarded-URI",
    "X-Forwarded-URL",
    "X-Ingress-Path",
    "X-Original-Method",
    "X-Original-Path",
    "X-Original-Prefix",
    "X-Original-URI",
    "X-Original-URL",
    "X-Replaced-Path",
    "X-Rewrite-URI",
    "X-Rewrite-URL",
    "X-Script-Name",
});

// Whether `name` is one of them, or begins with "X-Forwarded-". Without regard to case, and with an
// underscore for a dash: CGI and what came of it (WSGI, PHP, Rack) make one variable of
// "X-Real-IP" and "X_Real_IP" (RFC 3875 section 4.1.18). Constant time for all other names;
// allocates nothing.
bool is_forwarding_header(std::string_view name);

}  // namespace mex::http
