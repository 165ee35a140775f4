#include "http/header_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mex::http {
namespace {

using testing::ElementsAre;

TEST(KnownHeaderTest, EveryNameIsRecognisedInAnyCase) {
  for (std::size_t i = 1; i < kKnownHeaderCount; ++i) {
    const auto header = static_cast<KnownHeader>(i);
    std::string name(to_string(header));
    ASSERT_FALSE(name.empty());
    EXPECT_EQ(recognise_header(name), header) << name;
    for (char& c : name) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(recognise_header(name), header) << name;
    EXPECT_EQ(recognise_header(name + "x"), KnownHeader::Other) << name;
    EXPECT_NE(recognise_header(name.substr(1)), header) << name;
  }
}

TEST(KnownHeaderTest, StrangersAreOther) {
  for (const char* name : {"", "X", "Hosts", "Content_Length", "Content-Lengt\xE8", "Hos\x14"}) {
    EXPECT_EQ(recognise_header(name), KnownHeader::Other) << name;
  }
}

TEST(HeaderListTest, FindsTheFirstOfItsName) {
  HeaderList headers;
  EXPECT_TRUE(headers.append("X-A", "1"));
  EXPECT_TRUE(headers.append("host", "2"));
  EXPECT_TRUE(headers.append("x-a", "3"));
  EXPECT_TRUE(headers.append("HOST", "4"));
  EXPECT_EQ(headers.find("X-a")->value, "1");
  EXPECT_EQ(headers.find(KnownHeader::Host)->value, "2");
  EXPECT_EQ(headers.find("Host")->value, "2");
  EXPECT_EQ(headers.count(KnownHeader::Host), 2U);
  EXPECT_EQ(headers.count(KnownHeader::Date), 0U);
  EXPECT_EQ(headers.find(KnownHeader::Date), nullptr);
  EXPECT_EQ(headers.find("X-B"), nullptr);
  EXPECT_EQ(headers.value("X-B"), "");
}

TEST(HeaderListTest, IsFullAtItsCapacityAndEmptyAfterClear) {
  HeaderList headers;
  for (std::size_t i = 0; i < HeaderList::kCapacity; ++i) ASSERT_TRUE(headers.append("Host", "a"));
  EXPECT_FALSE(headers.append("Date", "a"));
  EXPECT_FALSE(headers.has(KnownHeader::Date));
  headers.clear();
  EXPECT_TRUE(headers.empty());
  EXPECT_FALSE(headers.has(KnownHeader::Host));
  EXPECT_EQ(headers.count(KnownHeader::Host), 0U);
}

TEST(HeaderListTest, MarksTheFixedHopByHopSet) {
  HeaderList headers;
  for (const char* name : {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
                           "Transfer-Encoding", "Upgrade", "HTTP2-Settings"}) {
    headers.append(name, "");
    EXPECT_TRUE(headers.find(name)->hop_by_hop) << name;
  }
  for (const char* name : {"Host", "Content-Length", "Authorization", "Cookie", "X-Mine"}) {
    headers.append(name, "");
    EXPECT_FALSE(headers.find(name)->hop_by_hop) << name;
  }
}

// RFC 9110 section 5.6.1: empty elements count for nothing.
TEST(ListElementTest, SplitsAtCommas) {
  const auto split = [](std::string_view text) {
    std::vector<std::string_view> elements;
    for_each_list_element(text, [&](std::string_view element) { elements.push_back(element); });
    return elements;
  };
  EXPECT_THAT(split("a"), ElementsAre("a"));
  EXPECT_THAT(split(" a ,\tb,c d"), ElementsAre("a", "b", "c d"));
  EXPECT_THAT(split(",, a, ,"), ElementsAre("a"));
  EXPECT_THAT(split(""), ElementsAre());
  EXPECT_THAT(split(" \t"), ElementsAre());
}

}  // namespace
}  // namespace mex::http
