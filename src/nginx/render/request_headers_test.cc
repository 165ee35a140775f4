#include "nginx/render/request_headers.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "http/forwarding_headers.h"
#include "nginx/render/testing.h"

namespace mex::nginx {
namespace {

using ::testing::HasSubstr;
using testing::kubectl_proxy;
using ::testing::Not;
using testing::resolved;
using testing::resolved_cluster_proxy;
using testing::three_ports;

// The names in lines "proxy_set_header NAME …;" of both texts.
bool is_set(const std::string& text, std::string_view name) {
  return text.find(fmt::format("proxy_set_header {} ", name)) != std::string::npos;
}

TEST(RequestHeadersTest, WhatOnlyAProxyMaySayIsSaidOrDropped) {
  const std::string text = request_headers_text(resolved(three_ports())) + dropped_headers_text();
  for (const std::string_view name : http::kForwardingHeaders) {
    EXPECT_TRUE(is_set(text, name)) << name;
    std::string underscores(name);
    for (char& c : underscores) c = c == '-' ? '_' : c;
    EXPECT_TRUE(is_set(text, underscores)) << underscores;
  }
  for (const char* name :
       {"X_Real-IP", "X-Real_IP", "X_Forwarded-For", "Transfer_Encoding", "Content_Length",
        "Proxy-Connection", "Proxy_Authorization", "Trailer"}) {
    EXPECT_TRUE(is_set(text, name)) << name;
  }
}

TEST(RequestHeadersTest, NoNameIsSetTwiceAndFramingIsNginxs) {
  const std::string text = request_headers_text(resolved(three_ports())) + dropped_headers_text();
  EXPECT_THAT(text, Not(HasSubstr("proxy_set_header Content-Length ")));
  EXPECT_THAT(text, Not(HasSubstr("proxy_set_header Transfer-Encoding ")));
  std::set<std::string> names;
  for (std::size_t at = text.find("proxy_set_header"); at != std::string::npos;
       at = text.find("proxy_set_header", at + 1)) {
    const std::size_t begin = at + std::string_view("proxy_set_header ").size();
    EXPECT_TRUE(names.insert(text.substr(begin, text.find(' ', begin) - begin)).second);
  }
}

TEST(RequestHeadersTest, APasswordAndAnotherUserDoNotGoOn) {
  EXPECT_THAT(request_headers_text(kubectl_proxy()), HasSubstr("Authorization ''"));
  const std::string read = request_headers_text(resolved_cluster_proxy(ApiAccess::Read));
  for (const char* name :
       {"Authorization", "Connection", "Impersonate-User", "Impersonate-Group"}) {
    EXPECT_THAT(read, HasSubstr(fmt::format("{} ''", name)));
  }
  EXPECT_THAT(request_headers_text(resolved(three_ports())), Not(HasSubstr("Authorization")));
}

}  // namespace
}  // namespace mex::nginx
