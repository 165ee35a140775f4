#include "net/origin_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>

#include <string>

namespace mex::net {
namespace {

Address at(std::string_view ip, std::uint16_t port = 80) {
  return Address::parse_ip(ip, port).value();
}

TEST(OriginPolicy, OrdinaryAddressesAreAllowed) {
  const OriginPolicy policy({18888, 18889});
  for (const char* ip : {"10.101.101.202", "127.0.0.1", "192.168.1.1", "::1", "2001:db8::1"}) {
    EXPECT_EQ(policy.check(at(ip)), OriginVerdict::Allowed) << ip;
  }
  EXPECT_EQ(policy.check(at("10.101.101.202", 18889)), OriginVerdict::Allowed);
}

TEST(OriginPolicy, MetadataIsForbiddenInEverySpelling) {
  const OriginPolicy policy;
  EXPECT_EQ(policy.check(at("169.254.169.254")), OriginVerdict::LinkLocal);
  EXPECT_EQ(policy.check(at("169.254.0.1")), OriginVerdict::LinkLocal);
  EXPECT_EQ(policy.check(at("fe80::1")), OriginVerdict::LinkLocal);
  EXPECT_EQ(policy.check(at("::ffff:169.254.169.254")), OriginVerdict::LinkLocal);
  EXPECT_EQ(policy.check(at("64:ff9b::a9fe:a9fe")), OriginVerdict::LinkLocal);
  EXPECT_EQ(policy.check(at("fd00:ec2::254")), OriginVerdict::Metadata);
  EXPECT_EQ(policy.check(at("100.100.100.200")), OriginVerdict::Metadata);
  EXPECT_EQ(policy.check(at("fd00:ec2::253")), OriginVerdict::Allowed);
}

TEST(OriginPolicy, OwnApiIsForbiddenAtEveryLocalAddress) {
  const OriginPolicy policy({18889});
  for (const char* ip : {"127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", "::"}) {
    EXPECT_EQ(policy.check(at(ip, 18889)), OriginVerdict::OwnApi) << ip;
  }
  ifaddrs* interfaces = nullptr;
  ASSERT_EQ(::getifaddrs(&interfaces), 0);
  for (const ifaddrs* each = interfaces; each != nullptr; each = each->ifa_next) {
    const Address address = each->ifa_addr == nullptr
                                ? Address()
                                : Address::from_sockaddr(each->ifa_addr, sizeof(sockaddr_in6));
    if (address.empty() || address.is_link_local()) continue;
    EXPECT_EQ(policy.check(address.with_port(18889)), OriginVerdict::OwnApi) << address.ip_text();
    EXPECT_EQ(policy.check(address.with_port(18890)), OriginVerdict::Allowed) << address.ip_text();
  }
  ::freeifaddrs(interfaces);
}

TEST(OriginPolicy, NothingIsNoOrigin) {
  EXPECT_EQ(OriginPolicy().check(Address()), OriginVerdict::NoAddress);
  EXPECT_EQ(OriginPolicy().check(at("10.1.1.1", 0)), OriginVerdict::NoAddress);
}

TEST(AddressRange, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(AddressRange::parse("10.0.0.0/8")->to_string(), "10.0.0.0/8");
  EXPECT_EQ(AddressRange::parse("192.0.2.7")->to_string(), "192.0.2.7/32");
  EXPECT_EQ(AddressRange::parse("2001:db8::/32")->to_string(), "2001:db8::/32");
  EXPECT_EQ(AddressRange::parse("::1")->to_string(), "::1/128");
  EXPECT_EQ(AddressRange::parse("0.0.0.0/0")->bits, 0U);
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"", "is no address and no range of addresses like 10.0.0.0/8"},
      {"balancer", "is no address and no range"},
      {"10.0.0.0:80", "is no address and no range"},
      {"10.0.0.0/", "behind the slash must be a number from 0 to 32"},
      {"10.0.0.0/33", "behind the slash must be a number from 0 to 32"},
      {"10.0.0.0/-1", "behind the slash must be a number from 0 to 32"},
      {"10.0.0.0/255.0.0.0", "behind the slash must be a number from 0 to 32"},
      {"::/129", "behind the slash must be a number from 0 to 128"},
      {"10.0.0.1/8", "\"10.0.0.1/8\": the address has bits behind the first 8"},
  };
  for (const auto& row : cases) {
    EXPECT_THAT(AddressRange::parse(row.text).status().ToString(),
                ::testing::HasSubstr(row.message))
        << row.text;
  }
}

TEST(AddressRange, ContainsByLeadingBits) {
  const AddressRange ten{at("10.0.0.0", 0), 8};
  EXPECT_TRUE(ten.contains(at("10.255.0.1")));
  EXPECT_FALSE(ten.contains(at("11.0.0.1")));
  EXPECT_FALSE(ten.contains(at("::1")));
  const AddressRange odd{at("192.168.4.0", 0), 22};
  EXPECT_TRUE(odd.contains(at("192.168.7.255")));
  EXPECT_FALSE(odd.contains(at("192.168.8.0")));
  EXPECT_TRUE((AddressRange{at("0.0.0.0", 0), 0}).contains(at("8.8.8.8")));
  EXPECT_TRUE((AddressRange{at("2001:db8::", 0), 32}).contains(at("2001:db8:ffff::1")));
  EXPECT_FALSE((AddressRange{at("10.0.0.0", 0), 33}).contains(at("10.0.0.0")));
}

}  // namespace
}  // namespace mex::net
