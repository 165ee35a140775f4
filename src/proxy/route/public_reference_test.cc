#include "proxy/route/public_reference.h"

#include <gtest/gtest.h>

#include <memory>

namespace mex::proxy::route {
namespace {

struct Said {
  std::string_view pattern;
  std::string_view origin;
  std::string_view said;
  std::string_view seen;  // empty: as it was said
};

using Rewrite = bool (PublicReference::*)(std::string_view, std::string&) const;

void check(const Said& row, Rewrite rewrite) {
  RoutePart part{};
  const auto route = make_route(row.pattern, row.origin, nullptr, part).value();
  std::string out = "before|";
  const bool changed = (PublicReference(*route, "edge.example").*rewrite)(row.said, out);
  EXPECT_EQ(changed, !row.seen.empty()) << row.pattern << " " << row.origin << " " << row.said;
  EXPECT_EQ(out, "before|" + std::string(row.seen))
      << row.pattern << " " << row.origin << " " << row.said;
}

TEST(PublicReferenceTest, LocationLeadsBackThroughTheRoute) {
  for (const Said& row : {
           Said{"/mq", "http://o:81", "/login?a=/b#c", "/mq/login?a=/b#c"},
           Said{"/mq", "http://o:81", "/", "/mq/"},
           Said{"/mq", "http://o:81", "/a//b", "/mq/a//b"},
           Said{"/mq", "http://o:81", "http://o:81/login", "/mq/login"},
           Said{"/mq", "http://o:81", "HTTP://O:81", "/mq/"},
           Said{"/mq", "http://o:81", "http://o:81?q", "/mq/?q"},
           Said{"/mq", "http://o:81", "//o:81/x", "/mq/x"},
           Said{"/mq", "http://o", "http://o/x", "/mq/x"},
           Said{"/mq", "http://o", "http://o:80/x", "/mq/x"},
           Said{"/mq", "https://o", "https://o/x", "/mq/x"},
           Said{"/mq", "http://[::1]:81", "http://[::1]:81/x", "/mq/x"},
           // It was asked as edge.example, and does not know that TLS is ended before it.
           Said{"/mq", "http://o:81", "http://edge.example/x", "/mq/x"},
           Said{"/mq", "http://o:81", "https://Edge.Example:443/x", "/mq/x"},
           Said{"/mq", "http://o:81", "//edge.example/x", "/mq/x"},
           Said{"/mq", "http://o/base", "/base/x", "/mq/x"},
           Said{"/mq", "http://o/base/", "/base/x", "/mq/x"},
           Said{"/mq", "http://o/base", "/base", "/mq"},
           Said{"/mq", "http://o/base", "http://o/base/", "/mq/"},
           Said{"/", "http://o/base", "/base", "/"},
           Said{"/", "http://o/base", "/base/x", "/x"},
           Said{"/", "http://o", "http://o/x", "/x"},
           Said{"/app/*rest", "http://o", "/x", "/app/x"},
           Said{"/a/b", "http://o", "/a/x", "/a/b/a/x"},
           // An origin that knows the prefix by X-Forwarded-Prefix, but not the host.
           Said{"/mq", "http://o:81", "http://o:81/mq/x", "/mq/x"},
           Said{"/mq", "http://o:81", "http://edge.example/mq/x", "/mq/x"},
       }) {
    check(row, &PublicReference::rewrite_reference);
  }
}

TEST(PublicReferenceTest, WhatLeadsElsewhereStays) {
  for (const Said& row : {
           Said{"/mq", "http://o:81", "https://elsewhere.example/x", ""},
           Said{"/mq", "http://o:81", "http://o/x", ""},
           Said{"/mq", "http://o:81", "http://o:82/x", ""},
           Said{"/mq", "http://o:81", "https://edge.example:8443/x", ""},
           Said{"/mq", "http://o:81", "//elsewhere.example/x", ""},
           Said{"/mq", "http://o:81", "http://o:81@elsewhere.example/x", ""},
           Said{"/mq", "http://o:81", "http:///x", ""},
           Said{"/mq", "http://o:81", "http:/x", ""},
           Said{"/mq", "http://o:81", "ftp://o:81/x", ""},
           Said{"/mq", "http://o:81", "mailto:a@o", ""},
           Said{"/mq", "http://o:81", "x", ""},
           Said{"/mq", "http://o:81", "../x", ""},
           Said{"/mq", "http://o:81", "?q", ""},
           Said{"/mq", "http://o:81", "#f", ""},
           Said{"/mq", "http://o:81", "", ""},
           Said{"/mq", "http://o:81", "/mq/x", ""},
           Said{"/mq", "http://o:81", "/mq", ""},
           Said{"/mq", "http://o:81", "/x/../../y", ""},
           Said{"/mq", "http://o:81", "/..", ""},
           Said{"/mq", "http://o/base", "/x", ""},
           Said{"/mq", "http://o/base", "/bases", ""},
           Said{"/", "http://o", "/x", ""},
           Said{"/", "http://o/base", "/base//elsewhere.example", ""},
           Said{"/", "http://o", "http://o//elsewhere.example", ""},
       }) {
    check(row, &PublicReference::rewrite_reference);
  }
}

TEST(PublicReferenceTest, RefreshLeadsBackThroughTheRoute) {
  for (const Said& row : {
           Said{"/mq", "http://o:81", "5; url=/next", "5; url=/mq/next"},
           Said{"/mq", "http://o:81", "0;URL = 'http://o:81/next'", "0;URL = '/mq/next'"},
           Said{"/mq", "http://o:81", "0,\"/next\" x", "0,\"/mq/next\" x"},
           Said{"/mq", "http://o:81", "0;'/next", "0;'/mq/next"},
           Said{"/mq", "http://o:81", "0;/url", "0;/mq/url"},
           Said{"/mq", "http://o:81", "5", ""},
           Said{"/mq", "http://o:81", "5;", ""},
           Said{"/mq", "http://o:81", "5;url", ""},
           Said{"/mq", "http://o:81", "5;url=", ""},
           Said{"/mq", "http://o:81", "5;url=\"", ""},
           Said{"/mq", "http://o:81", "5;url=''", ""},
           Said{"/mq", "http://o:81", "5; url=https://elsewhere.example/", ""},
           Said{"/mq", "http://o:81", "", ""},
       }) {
    check(row, &PublicReference::rewrite_refresh);
  }
}

TEST(PublicReferenceTest, CookiePathsAreThoseOfTheRoute) {
  for (const Said& row : {
           Said{"/mq", "http://o", "a=1; Path=/; HttpOnly", "a=1; Path=/mq; HttpOnly"},
           Said{"/mq", "http://o", "a=1;path=/x", "a=1;path=/mq/x"},
           Said{"/mq", "http://o", "a=1; PATH = /x ;Secure", "a=1; PATH = /mq/x ;Secure"},
           Said{"/mq", "http://o", "a=1; Path=/x; Path=/y", "a=1; Path=/mq/x; Path=/mq/y"},
           Said{"/mq", "http://o", "a=1; Path=/mq/x; Path=/y", "a=1; Path=/mq/x; Path=/mq/y"},
           Said{"/mq", "http://o/base", "a=1; Path=/", "a=1; Path=/mq"},
           Said{"/mq", "http://o/base", "a=1; Path=/base/x", "a=1; Path=/mq/x"},
           Said{"/", "http://o/base", "a=1; Path=/base", "a=1; Path=/"},
           Said{"/mq", "http://o", "a=Path=/x", ""},
           Said{"/mq", "http://o", "a=1", ""},
           Said{"/mq", "http://o", "a=1; Path", ""},
           Said{"/mq", "http://o", "a=1; Path=", ""},
           Said{"/mq", "http://o", "a=1; Path=x", ""},
           Said{"/mq", "http://o", "a=1; Path=/mq", ""},
           Said{"/mq", "http://o", "a=1; Path=/mq/x;", ""},
           Said{"/mq", "http://o/base", "a=1; Path=/x", ""},
           Said{"/", "http://o", "a=1; Path=/", ""},
           Said{"/mq", "http://o", "__Host-a=1; Path=/; Secure", ""},
           Said{"/mq", "http://o", "", ""},
           Said{"/mq", "http://o", ";;;", ""},
       }) {
    check(row, &PublicReference::rewrite_cookie);
  }
}

}  // namespace
}  // namespace mex::proxy::route
