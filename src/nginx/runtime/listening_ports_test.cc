#include "nginx/runtime/listening_ports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/descriptor.h"

namespace mex::nginx {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(ParseSocketsTest, ReadsWhatTheKernelWrites) {
  const auto tcp = parse_sockets(
      "  sl  local_address rem_address   st tx_queue rx_queue\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000\n"
      "   1: 0100007F:1F91 0100007F:9C40 01 00000000:00000000 00:00000000\n",
      false);
  ASSERT_THAT(tcp, SizeIs(1));
  EXPECT_EQ(tcp[0].address.text(), "127.0.0.1:8080");
  const auto udp6 = parse_sockets(
      "   0: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 0\n",
      true);
  ASSERT_THAT(udp6, SizeIs(1));
  EXPECT_EQ(udp6[0].address.text(), "[::1]:53");
}

TEST(ParseSocketsTest, LeavesOutWhatItDoesNotUnderstand) {
  EXPECT_THAT(parse_sockets("", false), IsEmpty());
  EXPECT_THAT(parse_sockets("   0: 0100007F 0 0A\n   1: 0100007F:XX 0 0A\n 2: 01:0050 0 0A", false),
              IsEmpty());
}

class SocketTest : public ::testing::TestWithParam<int> {};

TEST_P(SocketTest, IsFoundWhereverItIs) {
  const base::Descriptor socket(::socket(AF_INET, GetParam() | SOCK_CLOEXEC, 0));
  const auto loopback = net::Address::loopback(0);
  ASSERT_EQ(::bind(socket.get(), loopback.data(), loopback.size()), 0);
  const bool udp = GetParam() == SOCK_DGRAM;
  if (!udp) {
    ASSERT_EQ(::listen(socket.get(), 1), 0);
  }
  const std::string own = net::Address::local_of(socket.get()).text();
  const auto all = listening_ports();
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_TRUE(std::any_of(all->begin(), all->end(), [&](const Listener& each) {
    return each.udp == udp && each.address.text() == own;
  }));
}

INSTANTIATE_TEST_SUITE_P(All, SocketTest, ::testing::Values(SOCK_STREAM, SOCK_DGRAM));

TEST(LocalAddressesTest, HaveLoopbackAndNothingLinkLocal) {
  EXPECT_THAT(local_addresses(), Contains("127.0.0.1"));
  for (const std::string& each : local_addresses()) {
    EXPECT_FALSE(each.starts_with("fe80:") || each.starts_with("169.254.")) << each;
  }
}

}  // namespace
}  // namespace mex::nginx
