#include "base/secret.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <type_traits>
#include <utility>

namespace mex::base {
namespace {

TEST(Secret, HasNoTextFormButReveal) {
  EXPECT_EQ(Secret("hunter2").reveal(), "hunter2");
  EXPECT_TRUE(Secret().empty());
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_convertible_v<std::string, Secret>);
}

// A secret whose bytes can be looked at, also when there is no secret any more.
class Looked {
 public:
  explicit Looked(const char* text) : secret_(new (storage_.data()) Secret(text)) {}
  Secret& secret() { return *secret_; }
  void destroy() { secret_->~Secret(); }
  bool holds(std::string_view text) const {
    return std::string_view(storage_.data(), storage_.size()).find(text) != std::string_view::npos;
  }

 private:
  alignas(Secret) std::array<char, sizeof(Secret)> storage_{};
  Secret* secret_;
};

TEST(Secret, NothingIsLeftWhereItWas) {
  Looked destroyed("hunter2");
  ASSERT_TRUE(destroyed.holds("hunter2")) << "short texts are in the object itself";
  destroyed.destroy();
  EXPECT_FALSE(destroyed.holds("unter2"));

  Looked moved("hunter2");
  const Secret here(std::move(moved.secret()));
  EXPECT_EQ(here.reveal(), "hunter2");
  EXPECT_FALSE(moved.holds("unter2"));
  moved.destroy();

  Looked assigned("hunter2");
  Secret there;
  there = std::move(assigned.secret());
  EXPECT_EQ(there.reveal(), "hunter2");
  EXPECT_FALSE(assigned.holds("unter2"));
  assigned.destroy();

  Looked replaced("hunter2");
  replaced.secret() = Secret("x");
  EXPECT_FALSE(replaced.holds("nter2"));
  const Secret another("y");
  replaced.secret() = another;
  EXPECT_EQ(replaced.secret().reveal(), "y");
  replaced.destroy();
}

TEST(Secret, CanBeAssignedToItself) {
  Secret secret("hunter2");
  Secret& same = secret;
  secret = same;
  EXPECT_EQ(secret.reveal(), "hunter2");
  secret = std::move(same);
  EXPECT_EQ(secret.reveal(), "hunter2");
}

TEST(ConstantTimeEqual, ComparesContentAndLength) {
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_FALSE(constant_time_equal("abc", "abd"));
  EXPECT_FALSE(constant_time_equal("abc", "ab"));
}

}  // namespace
}  // namespace mex::base
