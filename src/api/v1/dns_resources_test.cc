#include "api/v1/dns_resources.h"

#include <gtest/gtest.h>

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

TEST(DnsResources, ShowRecordsWithTheirOwnersStatesAndProblems) {
  dns::DnsView view;
  view.provider = "Cloudflare";
  view.agent = "a1b2c3d4";
  view.is_withdrawn = true;
  view.problem = "no rights";
  view.checked_at = base::WallTime(std::chrono::seconds(100));
  view.records = {
      {{.name = "edge.example", .content = "203.0.113.5", .is_proxied = true},
       dns::RecordState::Active,
       {"a1b2c3d4", "e5f6"},
       ""},
      {{.name = "edge.example", .type = dns::RecordType::Aaaa, .content = "::1"},
       dns::RecordState::Pending,
       {},
       "no rights"},
      {{.name = "*.edge.example", .content = "198.51.100.1"}, dns::RecordState::Unmanaged, {}, ""}};
  const v1::ListDnsRecordsResponse reply = to_proto(view);
  EXPECT_EQ(reply.provider(), "Cloudflare");
  EXPECT_EQ(reply.agent(), "a1b2c3d4");
  EXPECT_TRUE(reply.withdrawn());
  EXPECT_EQ(reply.problem(), "no rights");
  EXPECT_EQ(reply.checked_at().seconds(), 100);
  ASSERT_EQ(reply.records_size(), 3);
  EXPECT_EQ(reply.records(0).type(), "A");
  EXPECT_EQ(reply.records(0).ttl_seconds(), 300);
  EXPECT_TRUE(reply.records(0).proxied());
  EXPECT_EQ(reply.records(0).agents_size(), 2);
  EXPECT_EQ(reply.records(1).state(), v1::DnsRecord::PENDING);
  EXPECT_EQ(reply.records(1).problem(), "no rights");
  EXPECT_EQ(reply.records(2).state(), v1::DnsRecord::FOREIGN);
}

}  // namespace
}  // namespace mex::api
