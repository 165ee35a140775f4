#include "http/forwarding_headers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "http/characters.h"
#include "http/known_header.h"

namespace mex::http {
namespace {

std::string with_each(std::string_view name, int (*change)(int)) {
  std::string result;
  for (const char c : name) result += static_cast<char>(change(as_byte(c)));
  return result;
}

int underscored(int c) { return c == '-' ? '_' : c; }

TEST(ForwardingHeadersTest, EveryNameIsOneInEverySpelling) {
  for (const std::string_view name : kForwardingHeaders) {
    EXPECT_TRUE(is_forwarding_header(name)) << name;
    EXPECT_TRUE(is_forwarding_header(with_each(name, std::toupper))) << name;
    EXPECT_TRUE(is_forwarding_header(with_each(name, std::tolower))) << name;
    EXPECT_TRUE(is_forwarding_header(with_each(name, underscored))) << name;
    std::string mixed(name);
    if (const std::size_t last = mixed.rfind('-'); last != std::string::npos) mixed[last] = '_';
    EXPECT_TRUE(is_forwarding_header(mixed)) << mixed;
  }
}

TEST(ForwardingHeadersTest, TheListNamesEachOnceAndOnlyTokens) {
  std::set<std::string> seen;
  for (const std::string_view name : kForwardingHeaders) {
    EXPECT_TRUE(is_token(name)) << name;
    EXPECT_EQ(name.find('_'), std::string_view::npos) << name;
    EXPECT_TRUE(seen.insert(with_each(name, std::tolower)).second) << name;
  }
}

TEST(ForwardingHeadersTest, NamesThatClientsBypassAccessRulesWithAreThere) {
  for (const char* name : {"Forwarded",
                           "X-Forwarded-For",
                           "X-Forwarded-Proto",
                           "X-Forwarded-Host",
                           "X-Forwarded-Port",
                           "X-Forwarded-Prefix",
                           "X-Forwarded-Server",
                           "X-Forwarded-Ssl",
                           "X-Forwarded-Scheme",
                           "X-Real-IP",
                           "X-Client-IP",
                           "True-Client-IP",
                           "X-Original-URL",
                           "X-Rewrite-URL",
                           "X-Forwarded-By",
                           "X-Original-Host",
                           "X-Host",
                           "CF-Connecting-IP",
                           "Fastly-Client-IP",
                           "X-Cluster-Client-IP",
                           "Front-End-Https",
                           "X-ProxyUser-Ip",
                           "x_real_ip",
                           "X-Forwarded-Whatever-Comes",
                           "X_FORWARDED_WHATEVER"}) {
    EXPECT_TRUE(is_forwarding_header(name)) << name;
  }
}

TEST(ForwardingHeadersTest, OtherNamesPass) {
  for (const char* name : {"",
                           "X",
                           "x",
                           "-",
                           "_",
                           "X-Forwarde",
                           "X-Forwarded-",
                           "XX-Forwarded-For",
                           "X-Real-IPs",
                           "Real",
                           "X-HTTP-Method-Override",
                           "X-Request-ID",
                           "X-Requested-With",
                           "X-CSRF-Token",
                           "X-Api-Key",
                           "Authorization",
                           "Traceparent",
                           "X-B3-TraceId",
                           "Sec-Fetch-Mode",
                           "DNT",
                           "Upgrade-Insecure-Requests",
                           "Accept-Language",
                           "Via",
                           "CDN-Loop",
                           "X-Forwardedness",
                           "X-Real\xD0IP"}) {
    EXPECT_FALSE(is_forwarding_header(name)) << name;
  }
  for (std::size_t i = 1; i < kKnownHeaderCount; ++i) {
    const std::string_view name = to_string(static_cast<KnownHeader>(i));
    const bool is_listed = std::find(kForwardingHeaders.begin(), kForwardingHeaders.end(), name) !=
                           kForwardingHeaders.end();
    EXPECT_EQ(is_forwarding_header(name), is_listed) << name;
  }
}

}  // namespace
}  // namespace mex::http
