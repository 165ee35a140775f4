#pragma once

#include <string>
#include <string_view>

#include "http/authority.h"
#include "proxy/route/route.h"

namespace mex::proxy::route {

// Turns what an origin says of its paths into what they are for the client: the route cuts its
// path off requests, so it has to be put back in front of where the origin sends the client. What
// leads to another host, and what the origin has put under the route's path already, stays. Pure.
class PublicReference {
 public:
  // `asked_host`: the Host that the origin was asked with. Both outlive this object.
  PublicReference(const Route& route, std::string_view asked_host);

  // Each appends the new value to `out`, or nothing and returns false: the value stays as it is.

  // Location, Content-Location (RFC 9110 sections 10.2.2, 8.7): a reference that names the origin
  // itself becomes an absolute path, which is right for whatever scheme and host the client used.
  bool rewrite_reference(std::string_view value, std::string& out) const;
  // Refresh: "5; url=/next", as HTML's http-equiv has it.
  bool rewrite_refresh(std::string_view value, std::string& out) const;
  // Set-Cookie (RFC 6265 section 5.2.4): the attribute Path. A cookie for all of the origin is one
  // for all of the route.
  bool rewrite_cookie(std::string_view value, std::string& out) const;

 private:
  bool is_origin(bool is_tls, std::string_view authority) const;
  bool has_prefix(std::string_view path) const;
  bool rewrite_path(std::string_view path, std::string& out) const;

  const Route& route_;
  std::string_view asked_host_;
  std::string_view base_;  // of the origin's paths, without a slash at its end
};

}  // namespace mex::proxy::route
