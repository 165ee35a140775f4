#include "proxy/access_log/access_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/record_json.h"
#include "base/utf8.h"

namespace mex::proxy {
namespace {

using http::KnownHeader;
using json = base::Json;

class AccessLineTest : public ::testing::Test {
 protected:
  std::string line(bool has_query = false) const {
    std::string out;
    append_access_line(out, entry_, has_query);
    return out;
  }
  json parsed(bool has_query = false) const {
    const std::string text = line(has_query);
    EXPECT_EQ(text.back(), '\n');
    EXPECT_EQ(text.find('\n'), text.size() - 1) << "a line is one line";
    EXPECT_TRUE(base::is_utf8(text));
    return json::parse(text);
  }

  void ask(std::string_view path, std::string_view query = "") {
    head_.method_text = "GET";
    head_.host_text = "www.example.com";
    head_.path = path;
    head_.query = query;
    entry_.request = &head_;
  }

  http::RequestHead head_;
  AccessEntry entry_;
};

TEST_F(AccessLineTest, EverythingHasItsName) {
  ask("/shop/1", "secret=1");
  head_.headers.append("User-Agent", "curl/8");
  head_.headers.append("Referer", "https://www.example.com/");
  entry_.time = *base::parse_rfc3339("2026-11-22T13:28:25.123Z");
  entry_.request_id = "id-1";
  entry_.trace_id = "0af7651916cd43dd8448eb211c80319c";
  entry_.client = *net::Address::parse("192.0.2.7:40000");
  entry_.protocol = "HTTP/2";
  entry_.tls_version = "TLSv1.3";
  entry_.tls_cipher = "TLS_AES_256_GCM_SHA384";
  entry_.server_name = "www.example.com";
  entry_.route = "shop";
  entry_.origin = "http://10.0.0.1:80";
  entry_.status = 200;
  entry_.bytes_in = 3;
  entry_.bytes_out = 5;
  entry_.times = {.connect = std::chrono::microseconds(1),
                  .first_byte = std::chrono::microseconds(2'030),
                  .total = std::chrono::seconds(90)};
  entry_.retries = 1;
  EXPECT_EQ(
      line(),
      R"({"time":"2026-11-22T13:28:25.123Z","request_id":"id-1",)"
      R"("trace_id":"0af7651916cd43dd8448eb211c80319c","client":"192.0.2.7","client_port":40000,)"
      R"("protocol":"HTTP/2","tls_version":"TLSv1.3","tls_cipher":"TLS_AES_256_GCM_SHA384",)"
      R"("server_name":"www.example.com","method":"GET","host":"www.example.com",)"
      R"("path":"/shop/1","route":"shop","origin":"http://10.0.0.1:80","status":200,)"
      R"("bytes_in":3,"bytes_out":5,"connect_ms":0.001,"first_byte_ms":2.030,)"
      R"("total_ms":90000.000,"retries":1,"user_agent":"curl/8",)"
      R"("referer":"https://www.example.com/"})"
      "\n");
}

TEST_F(AccessLineTest, WhatIsNotThereIsLeftOut) {
  EXPECT_EQ(line(), "{\"time\":\"1970-01-01T00:00:00.000Z\",\"bytes_in\":0,\"bytes_out\":0}\n");
}

TEST_F(AccessLineTest, AQueryIsLoggedOnlyWhereThatIsWanted) {
  ask("/a", "token=secret");
  EXPECT_THAT(line(), ::testing::Not(::testing::HasSubstr("secret")));
  EXPECT_EQ(parsed(true)["query"], "token=secret");
}

TEST_F(AccessLineTest, CredentialsAreNotLogged) {
  ask("/a");
  for (const char* name : {"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key"}) {
    head_.headers.append(name, "Bearer secret");
  }
  head_.headers.append("Referer", "https://user:secret@www.example.com/from?token=secret#secret");
  EXPECT_THAT(line(), ::testing::Not(::testing::HasSubstr("secret")));
  EXPECT_EQ(parsed()["referer"], "www.example.com/from");
}

TEST_F(AccessLineTest, RefererWithoutAUserStaysWhole) {
  for (const char* referer : {"https://a.example/@b", "/relative", "a", "//a/b"}) {
    ask("/a");
    head_.headers.clear();
    head_.headers.append("Referer", referer);
    EXPECT_EQ(parsed()["referer"], referer);
  }
}

TEST_F(AccessLineTest, AnyBytesMakeValidJson) {
  const std::string bad[] = {"quote\"s",
                             "back\\slash",
                             std::string("zero\0byte", 9),
                             "\x01\x1f\x7f",
                             "\xff\xfe",
                             "\xc3",
                             "\xed\xa0\x80",
                             "line\r\nfeed",
                             "\xe2\x80\xa8",
                             "\",\"status\":200,\"x\":\""};
  for (const std::string& text : bad) {
    ask(text, text);
    head_.host_text = text;
    head_.method_text = text;
    head_.headers.clear();
    head_.headers.append("User-Agent", text);
    entry_.server_name = text;
    entry_.reason = text;
    entry_.status = 400;
    const json object = parsed(true);
    EXPECT_EQ(object["status"], 400);
    EXPECT_TRUE(object["path"].is_string());
  }
}

TEST_F(AccessLineTest, LongTextIsCutWithAMark) {
  const std::string path = "/" + std::string(32U << 10U, 'a');
  ask(path);
  const std::string logged = parsed()["path"];
  EXPECT_EQ(logged, path.substr(0, 2048) + "…");
}

TEST_F(AccessLineTest, NoCharacterIsCutInHalf) {
  for (std::size_t offset = 0; offset < 4; ++offset) {
    std::string path(offset, 'a');
    while (path.size() < 4000) path += "\xf0\x9f\x98\x80";
    ask(path);
    const std::string logged = parsed()["path"];
    EXPECT_EQ(logged.find("\xEF\xBF\xBD"), std::string::npos) << offset;
    EXPECT_TRUE(logged.ends_with("\x80…")) << offset;
  }
}

TEST_F(AccessLineTest, TheWorstLineFits) {
  const std::string text(40'000, '\x01');
  ask(text, text);
  head_.host_text = head_.method_text = text;
  head_.headers.append("User-Agent", text);
  head_.headers.append("Referer", text);
  entry_.request_id = entry_.trace_id = entry_.protocol = text;
  entry_.tls_version = entry_.tls_cipher = entry_.server_name = text;
  entry_.route = entry_.origin = entry_.error = entry_.reason = text;
  entry_.status = 599;
  entry_.bytes_in = entry_.bytes_out = UINT64_MAX;
  EXPECT_LE(line(true).size(), kMaxAccessLine);
  std::string out;
  out.reserve(kMaxAccessLine);
  const char* const memory = out.data();
  append_access_line(out, entry_, true);
  EXPECT_EQ(out.data(), memory) << "no allocation";
}

}  // namespace
}  // namespace mex::proxy
