#include "nginx/reconcile/metrics_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nginx/model/testing.h"

namespace mex::nginx {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricsTextTest, HasAllOfAnInstance) {
  std::vector<InstanceView> views(2);
  views[0].instance.name = "a";
  views[0].active_connections = 3;
  count_session("8888 http 200 117 5311 0.004", views[0].traffic);
  views[1].instance.name = "b";
  views[1].problem = "gone";
  const std::string text = metrics_text(views);
  EXPECT_THAT(text, HasSubstr("# TYPE mex_nginx_up gauge\n"));
  EXPECT_THAT(text, HasSubstr("mex_nginx_up{instance=\"a-nginx-lbproxy\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("mex_nginx_up{instance=\"b-nginx-lbproxy\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("mex_nginx_active_connections{instance=\"a-nginx-lbproxy\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("mex_nginx_sessions_total{instance=\"a-nginx-lbproxy\",port=\"8888\","
                              "protocol=\"http\",class=\"2xx\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("protocol=\"http\"} 117\n"));
  EXPECT_THAT(text, HasSubstr("protocol=\"http\"} 5311\n"));
  EXPECT_THAT(text, Not(HasSubstr("4xx")));
}

TEST(MetricsTextTest, WhatIsRefusedIsSeen) {
  std::vector<InstanceView> views(1);
  views[0].instance.name = "a";
  count_session("7777 TCP 503 0 0 0.000 REJECTED -", views[0].traffic);
  EXPECT_THAT(metrics_text(views), HasSubstr("mex_nginx_refused_total{instance=\"a-nginx-lbproxy\","
                                             "port=\"7777\",protocol=\"tcp\"} 1\n"));
}

TEST(MetricsTextTest, OriginsThatAreLookedAfter) {
  std::vector<InstanceView> views(1);
  views[0].instance = testing::everything();
  views[0].health = {
      {.port = 0, .origin = 0, .address = "10.1.0.1:8080", .is_known = true, .is_up = true},
      {.port = 1, .origin = 0, .address = "10.1.0.1:8080", .is_known = true, .is_up = false},
      {.port = 99, .origin = 0, .address = "of a previous form"}};
  const std::string text = metrics_text(views);
  EXPECT_THAT(text, HasSubstr("mex_nginx_origin_up{instance=\"all-nginx-lbproxy\",port=\"8443\","
                              "protocol=\"http\",origin=\"10.1.0.1:8080\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("} 1\nmex_nginx_origin_up")));
  EXPECT_THAT(text, Not(HasSubstr("previous")));
}

TEST(MetricsTextTest, IsNothingWithoutInstances) { EXPECT_EQ(metrics_text({}), ""); }

}  // namespace
}  // namespace mex::nginx
