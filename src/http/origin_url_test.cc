#include "http/origin_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(OriginUrlTest, TakesTheUrlApart) {
  const auto url = parse_origin_url("HTTPS://Svc.Example:8443/Base/%7Ex/");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "svc.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/Base/~x/");
  EXPECT_EQ(url->authority(), "svc.example:8443");
  EXPECT_EQ(url->text(), "https://svc.example:8443/Base/~x/");
}

TEST(OriginUrlTest, DefaultsAndCanonicalText) {
  EXPECT_EQ(parse_origin_url("http://a")->text(), "http://a/");
  EXPECT_EQ(parse_origin_url("http://a:80/")->text(), "http://a/");
  EXPECT_EQ(parse_origin_url("https://a:443")->authority(), "a");
  EXPECT_EQ(parse_origin_url("https://a:80")->authority(), "a:80");
  EXPECT_EQ(parse_origin_url("http://a")->port, 80);
  EXPECT_EQ(parse_origin_url("https://a")->port, 443);
  EXPECT_EQ(parse_origin_url("http://[::1]:81/x")->text(), "http://[::1]:81/x");
  EXPECT_EQ(parse_origin_url("http://[::1]")->host, "::1");
}

TEST(OriginUrlTest, SaysWhatIsWrong) {
  struct Row {
    const char* text;
    const char* reason;
  };
  for (const Row& row : {
           Row{"", "must start with http:// or https://"},
           Row{"10.1.1.1:80", "must start with http:// or https://, got \"10.1.1.1:80\""},
           Row{"ftp://a", "must start with http:// or https://"},
           Row{"http:/a", "must start with http:// or https://"},
           Row{"http://", "has no host"},
           Row{"http://:80", "has no host"},
           Row{"http:///path", "has no host"},
           Row{"http://user:secret@a/", "must not have a user or password"},
           Row{"http://a:0", "port \"a:0\""},
           Row{"http://a:99999", "port \"a:99999\""},
           Row{"http://a:x", "port \"a:x\""},
           Row{"http://a_b,c", "host and port"},
           Row{"http://[::1", "host and port"},
           Row{"http://a?b", "query"},
           Row{"http://a/b?c", "query"},
           Row{"http://a#b", "fragment"},
           Row{"http://a/b c", "white space"},
           Row{"http://a/\r\nX:y", "white space"},
           Row{"http://a/\xC3\xA9", "non-ASCII"},
           Row{"http://a/../b", "above its root"},
           Row{"http://a/b\\c", "backslash"},
           Row{"http://a/%zz", "'%'"},
       }) {
    const auto url = parse_origin_url(row.text);
    EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument) << row.text;
    EXPECT_THAT(std::string(base::message_of(url.status())), HasSubstr(row.reason)) << row.text;
  }
}

TEST(OriginUrlTest, NeverShowsAPassword) {
  const auto url = parse_origin_url("http://user:secret@a/");
  EXPECT_THAT(url.status().ToString(), Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace mex::http
