#include "tls/name_index.h"

#include <gtest/gtest.h>

#include <string>

namespace mex::tls {
namespace {

NameIndex<std::string> index_of(std::initializer_list<const char*> names) {
  NameIndex<std::string> index;
  for (const char* name : names) index.set(name, name);
  return index;
}

std::string found(const NameIndex<std::string>& index, std::string_view name) {
  const std::string* value = index.find(name);
  return value == nullptr ? "" : *value;
}

TEST(NameIndex, WhatBelongsToAName) {
  const auto index = index_of({"example.org", "www.example.org", "*.example.org",
                               "*.xn--bcher-kva.example", "*", "Shout.Example.NET.", "10.0.0.1"});
  const std::string too_long = std::string(250, 'a') + ".example.org";
  const struct {
    std::string_view name;
    std::string_view expected;
  } rows[] = {
      {"example.org", "example.org"},
      {"www.example.org", "www.example.org"},  // exact before wildcard
      {"api.example.org", "*.example.org"},    // one label
      {"a.b.example.org", ""},                 // not two
      {"a.www.example.org", ""},               // nor below an exact one
      {".example.org", ""},                    // nor none
      {"EXAMPLE.org", "example.org"},          // RFC 4343
      {"Api.eXample.Org", "*.example.org"},
      {"example.org.", "example.org"},  // the root's dot
      {"api.example.org.", "*.example.org"},
      {"example.org..", ""},
      {"shout.example.net", "Shout.Example.NET."},
      {"xn--mnchen-3ya.example.org", "*.example.org"},  // an A-label is a label (RFC 5890)
      {"www.xn--bcher-kva.example", "*.xn--bcher-kva.example"},
      {"www.b\xc3\xbc"
       "cher.example",
       ""},                                // a U-label is no name on the wire
      {"*.example.org", "*.example.org"},  // a label like any other, if someone asks
      {"*.a.example.org", ""},
      {"org", ""},
      {"localhost", ""},  // "*" alone is an exact name that no one has
      {"xexample.org", ""},
      {"10.0.0.1", "10.0.0.1"},
      {"", ""},
      {".", ""},
      {too_long, ""},
      {std::string_view("www.example.org\0", 16), ""},
  };
  for (const auto& row : rows) EXPECT_EQ(found(index, row.name), row.expected) << row.name;
}

TEST(NameIndex, AtAnyDepthTheLongestWildcardCounts) {
  const auto index = index_of({"*.example.org", "*.b.example.org", "c.b.example.org"});
  const auto found_name = [&](std::string_view name) {
    const std::string* value = index.find_at_any_depth(name);
    return value == nullptr ? "" : *value;
  };
  EXPECT_EQ(found_name("a.example.org"), "*.example.org");
  EXPECT_EQ(found_name("a.a.A.example.org."), "*.example.org");
  EXPECT_EQ(found_name("b.example.org"), "*.example.org");
  EXPECT_EQ(found_name("a.b.example.org"), "*.b.example.org");
  EXPECT_EQ(found_name("c.b.example.org"), "c.b.example.org");
  EXPECT_EQ(found_name("d.c.b.example.org"), "*.b.example.org");
  for (const char* none :
       {"example.org", ".example.org", "org", "", "axexample.org", "a.example.com"}) {
    EXPECT_EQ(found_name(none), "") << none;
  }
}

TEST(NameIndex, TheLastOfOneNameCounts) {
  NameIndex<int> index;
  EXPECT_TRUE(index.empty());
  index.set("a.example.org", 1);
  index.set("A.example.org.", 2);
  index.set("*.example.org", 3);
  index.set("*.EXAMPLE.org", 4);
  EXPECT_FALSE(index.empty());
  EXPECT_EQ(*index.find("a.example.org"), 2);
  EXPECT_EQ(*index.find("b.example.org"), 4);
}

}  // namespace
}  // namespace mex::tls
