#include "proxy/upstream/origin_addresses.h"

#include <gtest/gtest.h>

#include <string>

namespace mex::proxy::upstream {
namespace {

using std::chrono::seconds;

class OriginAddressesTest : public ::testing::Test {
 protected:
  static net::Address address(int number) {
    return net::Address::parse_ip("127.0.0." + std::to_string(number), 80).value();
  }
  void use(const std::vector<int>& numbers) {
    std::vector<net::Address> all;
    for (const int number : numbers) all.push_back(address(number));
    addresses_.replace(all);
  }
  // The addresses of so many connections that work at once.
  std::string connect(int connections) {
    std::string text;
    for (int i = 0; i < connections; ++i) {
      const std::string ip = addresses_.at(addresses_.next(0, now_)).ip_text();
      text += ip.substr(ip.rfind('.') + 1) + " ";
    }
    return text;
  }

  OriginAddresses addresses_;
  base::SteadyTime now_{std::chrono::hours(1)};
};

TEST_F(OriginAddressesTest, AllAddressesOfANameShareTheLoad) {
  use({1, 2, 3});
  EXPECT_EQ(connect(7), "1 2 3 1 2 3 1 ");
}

TEST_F(OriginAddressesTest, OneThatFailedComesLastForAWhile) {
  use({1, 2, 3});
  addresses_.note_failure(address(2), now_);
  EXPECT_EQ(connect(4), "1 3 1 3 ");
  EXPECT_EQ(addresses_.next(0b101, now_), 1U) << "better than none";
  now_ += OriginAddresses::kAvoided;
  EXPECT_EQ(connect(3), "1 2 3 ");
}

TEST_F(OriginAddressesTest, AllThatFailedAreTriedAllTheSame) {
  use({1, 2});
  addresses_.note_failure(address(1), now_);
  addresses_.note_failure(address(2), now_);
  EXPECT_EQ(connect(2), "1 2 ");
  addresses_.note_success(address(2));
  EXPECT_EQ(connect(3), "2 2 2 ");
}

TEST_F(OriginAddressesTest, EachIsTriedOnceForAConnection) {
  use({1, 2, 3});
  OriginAddresses::Tried tried = 0;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(addresses_.has_next(tried));
    tried |= OriginAddresses::Tried{1} << addresses_.next(tried, now_);
  }
  EXPECT_EQ(tried, 0b111U);
  EXPECT_FALSE(addresses_.has_next(tried));
  EXPECT_EQ(addresses_.next(tried, now_), OriginAddresses::kNone);
}

TEST_F(OriginAddressesTest, ANewAnswerKeepsWhatIsKnown) {
  use({1, 2});
  addresses_.note_failure(address(1), now_);
  const unsigned version = addresses_.version();
  use({1, 2});
  EXPECT_EQ(addresses_.version(), version);
  use({3, 1});
  EXPECT_NE(addresses_.version(), version);
  EXPECT_EQ(connect(2), "3 3 ");
}

TEST_F(OriginAddressesTest, AnAnswerWithTooManyIsCut) {
  std::vector<int> many;
  for (int i = 1; i <= 200; ++i) many.push_back(i);
  use(many);
  OriginAddresses::Tried tried = 0;
  while (addresses_.has_next(tried))
    tried |= OriginAddresses::Tried{1} << addresses_.next(tried, now_);
  EXPECT_EQ(tried, ~OriginAddresses::Tried{0});
}

TEST_F(OriginAddressesTest, NoAddress) {
  EXPECT_TRUE(addresses_.empty());
  EXPECT_EQ(addresses_.next(0, now_), OriginAddresses::kNone);
}

}  // namespace
}  // namespace mex::proxy::upstream
