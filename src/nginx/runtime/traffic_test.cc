#include "nginx/runtime/traffic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::nginx {
namespace {

TEST(TrafficTest, CountsByPortProtocolAndStatus) {
  Traffic traffic;
  EXPECT_TRUE(count_session("8888 http 200 117 5311 0.004", traffic));
  EXPECT_TRUE(count_session("8888 http 204 100 200 0.004", traffic));
  EXPECT_TRUE(count_session("8888 http 502 1 2 0.004", traffic));
  EXPECT_TRUE(count_session("53 TCP 200 10 20 1.000", traffic));
  EXPECT_TRUE(count_session("53 UDP 200 30 40 1.000", traffic));
  const PortTraffic http = traffic.at({8888, "http"});
  EXPECT_EQ(http.ended[1], 2U);
  EXPECT_EQ(http.ended[4], 1U);
  EXPECT_EQ(http.received_bytes, 218U);
  EXPECT_EQ(http.sent_bytes, 5513U);
  EXPECT_EQ(traffic.at({53, "tcp"}).sent_bytes, 20U);
  EXPECT_EQ(traffic.at({53, "udp"}).sent_bytes, 40U);
}

TEST(TrafficTest, CountsWhatALimitRefused) {
  Traffic traffic;
  EXPECT_TRUE(count_session("8888 http 200 117 5311 0.004 PASSED PASSED", traffic));
  EXPECT_TRUE(count_session("8888 http 429 117 162 0.000 PASSED REJECTED", traffic));
  EXPECT_TRUE(count_session("8888 http 429 117 162 0.000 REJECTED -", traffic));
  EXPECT_TRUE(count_session("53 UDP 503 1 0 0.000 REJECTED -", traffic));
  EXPECT_TRUE(count_session("53 UDP 200 1 9 0.000 PASSED -", traffic));
  EXPECT_EQ(traffic.at({8888, "http"}).refused, 2U);
  EXPECT_EQ(traffic.at({8888, "http"}).ended[3], 2U);
  EXPECT_EQ(traffic.at({53, "udp"}).refused, 1U);
}

TEST(TrafficTest, OtherLinesCountForNothing) {
  Traffic traffic;
  for (const char* line :
       {"", "8888", "x http 200 1 2 3", "8888 ftp 200 1 2 3", "8888 http 000 1 2 3",
        "8888 http 600 1 2 3", "8888 http 200 -1 2 3", "8888 http 200 1", "70000 http 200 1 2 3",
        "10.0.0.1 - - [22/Nov/2026] \"GET /\""}) {
    EXPECT_FALSE(count_session(line, traffic)) << line;
  }
  EXPECT_TRUE(traffic.empty());
}

}  // namespace
}  // namespace mex::nginx
