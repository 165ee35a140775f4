#include "nginx/reconcile/status_port.h"

#include <gtest/gtest.h>

#include "nginx/model/testing.h"

namespace mex::nginx {
namespace {

Listener listener_at(const char* address, bool is_udp) {
  return {net::Address::parse(address).value(), is_udp};
}

TEST(StatusPortTest, IsTheFirstThatNobodyHas) {
  EXPECT_EQ(choose_status_port({}, {}).value(), 64333);
  std::vector<InstanceEntry> entries(2);
  entries[0].status_port = 64333;
  entries[1].instance = testing::instance(
      "a", {testing::tcp(64334, "10.0.0.1:80"), testing::udp(64336, "10.0.0.1:53")});
  const std::vector<Listener> listeners{listener_at("127.0.0.1:64335", false),
                                        listener_at("127.0.0.1:64336", true)};
  EXPECT_EQ(choose_status_port(entries, listeners).value(), 64336);
}

TEST(StatusPortTest, AreUsedUpAtSomeTime) {
  std::vector<InstanceEntry> entries(600);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].status_port = static_cast<std::uint16_t>(64333 + i);
  }
  EXPECT_TRUE(absl::IsResourceExhausted(choose_status_port(entries, {}).status()));
}

}  // namespace
}  // namespace mex::nginx
