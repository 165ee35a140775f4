#include "tls/ticket_keys.h"

#include <gtest/gtest.h>

#include "net/testing.h"

namespace mex::tls {
namespace {

using std::chrono::hours;

TEST(TicketKeys, AKeySealsForOneRotationAndOpensForTwo) {
  net::testing::ManualClock clock;
  TicketKeys keys(clock);
  const TicketKeys::Key first = keys.current();
  clock.advance(hours(11));
  EXPECT_EQ(keys.current().name, first.name);
  ASSERT_TRUE(keys.find(first.name.data()).has_value());
  EXPECT_FALSE(keys.find(first.name.data())->renew);

  clock.advance(hours(1));
  EXPECT_NE(keys.current().name, first.name);
  EXPECT_NE(keys.current().cipher, first.cipher);
  ASSERT_TRUE(keys.find(first.name.data()).has_value());
  EXPECT_EQ(keys.find(first.name.data())->key.cipher, first.cipher);
  EXPECT_TRUE(keys.find(first.name.data())->renew);

  clock.advance(hours(12));
  EXPECT_FALSE(keys.find(first.name.data()).has_value());
}

TEST(TicketKeys, ALongSilenceForgetsTheLastKey) {
  net::testing::ManualClock clock;
  TicketKeys keys(clock);
  const TicketKeys::Key first = keys.current();
  clock.advance(hours(24));
  EXPECT_FALSE(keys.find(first.name.data()).has_value());
}

TEST(TicketKeys, AnUnknownNameIsNotFound) {
  TicketKeys keys;
  const std::array<unsigned char, 16> name{};
  EXPECT_FALSE(keys.find(name.data()).has_value());
}

}  // namespace
}  // namespace mex::tls
