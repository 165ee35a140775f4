#include "api/grpc_socket_pairs.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <string>

namespace mex::api {
namespace {

TEST(GrpcSocketPairsTest, OnlyNamesOfPairsHaveNumbers) {
  EXPECT_EQ(GrpcSocketPairs::number_of("unix-abstract:mexosagent-0a1b-17"), 17U);
  for (const char* peer :
       {"", "unix-abstract:", "unix-abstract:mexosagent-0a1b-", "unix-abstract:mexosagent-0a1b-1x",
        "ipv4:127.0.0.1-1", "inproc", "unix-abstract:mexosagent-0a1b-99999999999999999999"}) {
    EXPECT_FALSE(GrpcSocketPairs::number_of(peer)) << peer;
  }
}

// Another user of the machine finds the name in /proc/net/unix.
TEST(GrpcSocketPairsTest, WhoConnectsToItIsNoEndOfAPair) {
  const GrpcSocketPairs pairs = GrpcSocketPairs::open().value();
  const auto first = pairs.make(1);
  ASSERT_TRUE(first.ok()) << first.status();
  sockaddr_un own{};
  socklen_t size = sizeof own;
  ASSERT_EQ(getpeername(first->ours.get(), reinterpret_cast<sockaddr*>(&own), &size), 0);
  const base::Descriptor intruder(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(connect(intruder.get(), reinterpret_cast<const sockaddr*>(&own), size), 0);
  const auto second = pairs.make(2);
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(send(second->ours.get(), "x", 1, 0), 1);
  std::array<char, 2> got{};
  EXPECT_EQ(recv(second->grpc.get(), got.data(), got.size(), 0), 1);
  EXPECT_EQ(recv(intruder.get(), got.data(), got.size(), 0), 0);  // dropped
}

}  // namespace
}  // namespace mex::api
