#include "store/sealer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/status.h"
#include "base/temporary_directory.h"

namespace mex::store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SealerTest : public ::testing::Test {
 protected:
  std::string key_path() const { return directory_.path() + "/sealing.key"; }
  Sealer opened() const { return *Sealer::open(key_path()); }

  base::TemporaryDirectory directory_;
};

TEST_F(SealerTest, WhatIsSealedOpensAlsoAfterARestart) {
  const std::string with_zero("two\0parts", 9);
  for (const std::string& text :
       {std::string(), std::string("geheim"), with_zero, std::string(100'000, 'x')}) {
    const std::string sealed = opened().seal(base::Secret(text), "/clusters/c1");
    const auto plain = opened().unseal(sealed, "/clusters/c1");
    ASSERT_TRUE(plain.ok()) << plain.status();
    EXPECT_EQ(plain->reveal(), text);
  }
}

TEST_F(SealerTest, TheSameTextIsSealedDifferentlyEveryTimeAndNeverShows) {
  const Sealer sealer = opened();
  const std::string first = sealer.seal(base::Secret("geheim"), "c");
  EXPECT_NE(first, sealer.seal(base::Secret("geheim"), "c"));
  EXPECT_THAT(first, Not(HasSubstr("geheim")));
}

TEST_F(SealerTest, AnyChangedBitIsFound) {
  const Sealer sealer = opened();
  const std::string sealed = sealer.seal(base::Secret("geheim"), "c");
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(sealer.unseal(changed, "c").status().code(), absl::StatusCode::kDataLoss) << bit;
  }
  for (std::size_t length = 0; length < sealed.size(); ++length) {
    EXPECT_EQ(sealer.unseal(sealed.substr(0, length), "c").status().code(),
              absl::StatusCode::kDataLoss);
  }
  EXPECT_FALSE(sealer.unseal(sealed + "x", "c").ok());
}

TEST_F(SealerTest, OneRecordCannotTakeThePlaceOfAnother) {
  const Sealer sealer = opened();
  const std::string sealed = sealer.seal(base::Secret("geheim"), "/clusters/c1");
  for (const char* other : {"/clusters/c2", "", "/clusters/c1 "}) {
    const auto plain = sealer.unseal(sealed, other);
    EXPECT_EQ(plain.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(base::message_of(plain.status()), HasSubstr("belongs elsewhere"));
  }
}

TEST_F(SealerTest, AnotherAgentsKeyIsToldFromDamage) {
  const std::string sealed = opened().seal(base::Secret("geheim"), "c");
  const Sealer other = *Sealer::open(directory_.path() + "/other.key");
  const auto plain = other.unseal(sealed, "c");
  EXPECT_EQ(plain.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(base::message_of(plain.status()), HasSubstr("another key"));
}

TEST_F(SealerTest, TheKeyFileIsMadeForItsOwnerAlone) {
  (void)opened();
  struct stat info {};
  ASSERT_EQ(stat(key_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_EQ(info.st_size, 32);
}

TEST_F(SealerTest, AKeyFileThatOthersCanReadIsRefused) {
  (void)opened();
  ASSERT_EQ(chmod(key_path().c_str(), 0640), 0);
  const auto sealer = Sealer::open(key_path());
  EXPECT_EQ(sealer.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(sealer.status()), HasSubstr("not 0640"));
}

TEST_F(SealerTest, ALinkIsNoKeyFile) {
  ASSERT_TRUE(
      base::write_file_atomically(directory_.path() + "/k", std::string(32, 'k'), 0600).ok());
  ASSERT_EQ(symlink((directory_.path() + "/k").c_str(), key_path().c_str()), 0);
  EXPECT_EQ(Sealer::open(key_path()).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SealerTest, AKeyFileOfTheWrongLengthIsRefused) {
  for (const std::size_t length : {0U, 31U, 33U}) {
    ASSERT_TRUE(base::write_file_atomically(key_path(), std::string(length, 'k'), 0600).ok());
    const auto sealer = Sealer::open(key_path());
    EXPECT_EQ(sealer.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(base::message_of(sealer.status()), HasSubstr("32 bytes"));
  }
}

TEST_F(SealerTest, NoPlaceForTheKeyIsAnError) {
  const auto sealer = Sealer::open(directory_.path() + "/missing/sealing.key");
  EXPECT_EQ(sealer.status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mex::store
