#include "server/http1/response_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "http/request_parser.h"
#include "net/testing.h"
#include "server/testing.h"

namespace mex::server::http1 {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ResponseWriterTest : public ::testing::Test {
 protected:
  void begin(const std::string& request) {
    request_ = request;
    parser_.reset();
    ASSERT_EQ(parser_.feed(request_).state, http::ParseOutcome::State::Complete);
    writer_.begin(parser_.head(), output_);
  }
  std::string sent() {
    std::array<iovec, 16> pieces;
    const std::size_t count = output_.pieces(pieces);
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
      all.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    }
    output_.clear();
    return all;
  }

  net::testing::ManualClock clock_;
  net::BufferPool buffers_;
  std::unique_ptr<net::EventLoop> loop_ = *net::EventLoop::create(clock_);
  server::testing::ScriptedService service_;
  ConnectionContext context_{*loop_, buffers_, service_, {}};
  net::OutputQueue output_{buffers_};
  http::RequestParser parser_;
  std::string request_;
  ResponseWriter writer_{context_};
};

constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(ResponseWriterTest, ACountedResponseKeepsTheConnection) {
  begin(kGet);
  writer_.send_head(200, {}, BodyLength::exactly(5));
  EXPECT_TRUE(writer_.send_body("hello"));
  EXPECT_TRUE(writer_.end());
  EXPECT_TRUE(writer_.has_ended());
  EXPECT_TRUE(writer_.keeps_connection());
  EXPECT_THAT(sent(), EndsWith("\r\nContent-Length: 5\r\n\r\nhello"));
}

TEST_F(ResponseWriterTest, MoreOrLessThanPromisedIsRefused) {
  begin(kGet);
  writer_.send_head(200, {}, BodyLength::exactly(3));
  EXPECT_FALSE(writer_.send_body("four"));
  EXPECT_TRUE(writer_.send_body("tw"));
  EXPECT_FALSE(writer_.end());
  EXPECT_FALSE(writer_.has_ended());
}

TEST_F(ResponseWriterTest, AnUnknownLengthIsChunkedOrEndsTheConnection) {
  begin(kGet);
  writer_.send_head(200, {}, BodyLength::unknown());
  EXPECT_TRUE(writer_.send_body("hello"));
  EXPECT_TRUE(writer_.end());
  EXPECT_TRUE(writer_.keeps_connection());
  EXPECT_THAT(sent(), EndsWith("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));

  begin("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  writer_.send_head(200, {}, BodyLength::unknown());
  EXPECT_TRUE(writer_.send_body("hello"));
  EXPECT_TRUE(writer_.end());
  EXPECT_FALSE(writer_.keeps_connection());
  EXPECT_THAT(sent(), AllOf(HasSubstr("Connection: close\r\n"), EndsWith("\r\n\r\nhello")));
}

TEST_F(ResponseWriterTest, AHeadThatCannotBeSentBecomesAWhole500) {
  begin(kGet);
  const HeaderView broken{"X-Broken", "a\nb"};
  writer_.send_head(200, {&broken, 1}, BodyLength::exactly(5));
  EXPECT_TRUE(writer_.has_ended());
  EXPECT_FALSE(writer_.keeps_connection());
  EXPECT_THAT(sent(), AllOf(StartsWith("HTTP/1.1 500 "), HasSubstr("Connection: close"),
                            EndsWith("the response could not be made\n")));
}

TEST_F(ResponseWriterTest, ADrainingServerEndsTheConnection) {
  begin(kGet);
  context_.is_draining = true;
  writer_.send_head(204, {}, BodyLength::none());
  EXPECT_TRUE(writer_.end());
  EXPECT_FALSE(writer_.keeps_connection());
  EXPECT_THAT(sent(), HasSubstr("Connection: close"));
}

TEST_F(ResponseWriterTest, ATunnelCarriesBytesAsTheyAre) {
  begin(kGet);
  writer_.send_head(101, {}, BodyLength::none());
  sent();
  writer_.begin_tunnel();
  EXPECT_TRUE(writer_.send_body("raw"));
  EXPECT_TRUE(writer_.end());
  EXPECT_FALSE(writer_.keeps_connection());
  EXPECT_EQ(sent(), "raw");
}

TEST_F(ResponseWriterTest, Http10ClientsGetNoInterimResponse) {
  begin("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  writer_.send_informational(103, {});
  EXPECT_EQ(sent(), "");
  begin(kGet);
  writer_.send_informational(103, {});
  EXPECT_THAT(sent(), AllOf(StartsWith("HTTP/1.1 103 "), Not(HasSubstr("Date"))));
}

}  // namespace
}  // namespace mex::server::http1
