#include "proxy/route/location_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"

namespace mex::proxy::route {
namespace {

using ::testing::HasSubstr;

TEST(LocationTemplate, LeadsWhereItSays) {
  const LocationParts deep{.host = "www.example.com",
                           .path = "/old/a/b",
                           .prefix = "/old",
                           .query = "q=1",
                           .has_query = true};
  const LocationParts whole{.host = "www.example.com", .path = "/old", .prefix = "/old"};
  const LocationParts root{.host = "::1", .is_ipv6 = true, .path = "/", .prefix = ""};
  const struct {
    std::string location;
    LocationParts parts;
    std::string leads_to;
  } rows[] = {
      {"https://{host}{path}", deep, "https://www.example.com/old/a/b"},
      {"https://{host}{path}{query}", deep, "https://www.example.com/old/a/b?q=1"},
      {"https://{host}{path}{query}", whole, "https://www.example.com/old"},
      {"https://{host}:8443{path}", root, "https://[::1]:8443/"},
      {"https://{host}/x", deep, "https://www.example.com/x"},
      {"https://{host}", deep, "https://www.example.com"},
      {"https://new.example.com{rest}", deep, "https://new.example.com/a/b"},
      {"https://new.example.com{rest}", whole, "https://new.example.com"},
      {"https://new.example.com/{rest}", deep, "https://new.example.com/a/b"},
      {"https://[2001:db8::1]:8443/x", deep, "https://[2001:db8::1]:8443/x"},
      {"http://h/x?from={path}{query}", deep, "http://h/x?from=/old/a/b&q=1"},
      {"/new{rest}{query}", deep, "/new/a/b?q=1"},
      {"/new/{rest}", deep, "/new/a/b"},
      {"/new{rest}", whole, "/new"},
      {"{rest}", deep, "/a/b"},
      {"{rest}", whole, "/"},
      {"{rest}{query}", deep, "/a/b?q=1"},
      {"/{path}", deep, "/old/a/b"},
      {"/", deep, "/"},
      {"/x#top", deep, "/x#top"},
      {"/caf%C3%A9", deep, "/caf%C3%A9"},
  };
  for (const auto& row : rows) {
    const auto made = LocationTemplate::parse(row.location);
    ASSERT_TRUE(made.ok()) << row.location << ": " << made.status();
    std::string out;
    EXPECT_TRUE(made->expand(row.parts, out));
    EXPECT_EQ(out, row.leads_to) << row.location;
  }
}

TEST(LocationTemplate, NeedsTheHostOfTheRequestOnlyWhereItNamesIt) {
  std::string out;
  EXPECT_FALSE(LocationTemplate::parse("https://{host}{path}")->expand({.path = "/"}, out));
  out.clear();
  EXPECT_TRUE(LocationTemplate::parse("/x")->expand({.path = "/"}, out));
  EXPECT_EQ(out, "/x");
}

TEST(LocationTemplate, WhatCouldLeadElsewhereIsRefused) {
  const struct {
    std::string location;
    std::string reason;
  } rows[] = {
      {"", "must not be empty"},
      {"new.example.com/x", "must begin with"},
      {"x", "must begin with"},
      {"//evil.example", "must begin with"},
      {"/\\evil.example", "0x5c"},
      {"javascript:alert(1)", "must begin with"},
      {"ftp://h/", "must begin with"},
      {"HTTPS://h/", "must begin with"},
      {"https://", "must have a host"},
      {"https:///x", "must have a host"},
      {"https://?x", "must have a host"},
      {"https://{path}", "must have a host"},
      {"https://{host}.evil.example/", "whole host"},
      {"https://{host}x", "whole host"},
      {"https://{host}:x/", "whole host"},
      {"https://{host}@evil.example", "whole host"},
      {"https://evil{host}", "whole host"},
      {"https://user:password@h/", "no host"},
      {"https://h:0/", "no host"},
      {"https://h:99999/", "no host"},
      {"https://{host}{host}", "only behind"},
      {"{host}/x", "must begin with"},
      {"{query}", "must begin with"},
      {"/x{host}", "only behind"},
      {"/x{query}/y", "must end with"},
      {"/x{query}{query}", "must end with"},
      {"/x{uri}", "begins none of"},
      {"/x{", "begins none of"},
      {"/x}", "0x7d"},
      {"/x y", "0x20"},
      {"/x\r\nSet-Cookie: a=b", "0x0d"},
      {std::string("/x\0", 3), "0x00"},
      {"/caf\xc3\xa9", "0xc3"},
      {"/100%", "hexadecimal"},
      {"/%zz", "hexadecimal"},
      {"/[x]", "brackets"},
      {"/" + std::string(3000, 'a'), "at most 2048"},
  };
  for (const auto& row : rows) {
    const auto made = LocationTemplate::parse(row.location);
    ASSERT_FALSE(made.ok()) << row.location;
    EXPECT_THAT(std::string(base::message_of(made.status())), HasSubstr(row.reason))
        << row.location;
  }
}

}  // namespace
}  // namespace mex::proxy::route
