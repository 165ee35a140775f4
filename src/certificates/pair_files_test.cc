#include "certificates/pair_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "certificates/testing.h"

namespace mex::certificates {
namespace {

using std::chrono::hours;
using ::testing::HasSubstr;
using tls::testing::make_pem_pair;

class PairFilesTest : public ::testing::Test {
 protected:
  std::string problem() const { return std::string(base::message_of(pair_.problem())); }
  std::string common_name() const { return pair_.current() ? pair_.current()->subject() : ""; }

  const testing::CertificateDirectory directory_;
  const base::WallTime now_ = base::system_clock().wall_now();
  PairFiles pair_{directory_.file("cert.pem"), directory_.file("key.pem")};
};

TEST_F(PairFilesTest, TakesAGoodPairOnce) {
  directory_.put(make_pem_pair());
  EXPECT_TRUE(pair_.look(now_));
  EXPECT_TRUE(pair_.problem().ok());
  EXPECT_EQ(common_name(), "CN=edge.example.org");
  EXPECT_FALSE(pair_.look(now_));
}

TEST_F(PairFilesTest, TakesTheNextOne) {
  directory_.put(make_pem_pair());
  pair_.look(now_);
  directory_.put(make_pem_pair({.common_name = "next"}));
  EXPECT_TRUE(pair_.look(now_));
  EXPECT_EQ(common_name(), "CN=next");
}

TEST_F(PairFilesTest, AnIntermediateThatWasForgottenIsTaken) {
  const auto own = make_pem_pair();
  directory_.put(own);
  pair_.look(now_);
  directory_.write("cert.pem", own.certificate + make_pem_pair().certificate);
  EXPECT_TRUE(pair_.look(now_));
}

TEST_F(PairFilesTest, WhatIsNotAPairLeavesTheOldOne) {
  const auto good = make_pem_pair();
  directory_.put(good);
  pair_.look(now_);
  directory_.write("cert.pem", make_pem_pair({.common_name = "other"}).certificate);
  EXPECT_FALSE(pair_.look(now_));
  EXPECT_THAT(problem(), HasSubstr("key.pem: is not the key of the first certificate"));
  EXPECT_EQ(common_name(), "CN=edge.example.org");
  directory_.put(good);
  EXPECT_FALSE(pair_.look(now_));
  EXPECT_TRUE(pair_.problem().ok());
}

TEST_F(PairFilesTest, FilesThatAreGoneLeaveTheOldOne) {
  directory_.put(make_pem_pair());
  pair_.look(now_);
  std::filesystem::remove(directory_.file("cert.pem"));
  EXPECT_FALSE(pair_.look(now_));
  EXPECT_TRUE(pair_.current());
  EXPECT_THAT(problem(), HasSubstr("cert.pem"));
}

TEST_F(PairFilesTest, AnExpiredPairLeavesAGoodOne) {
  directory_.put(make_pem_pair());
  pair_.look(now_);
  directory_.put(make_pem_pair({.common_name = "late", .valid_to_seconds = -30}));
  EXPECT_FALSE(pair_.look(now_));
  EXPECT_THAT(problem(), HasSubstr("expired at"));
  EXPECT_EQ(common_name(), "CN=edge.example.org");
}

TEST_F(PairFilesTest, AnExpiredPairIsBetterThanNone) {
  directory_.put(make_pem_pair({.common_name = "late", .valid_to_seconds = -30}));
  EXPECT_TRUE(pair_.look(now_));
  EXPECT_THAT(problem(), HasSubstr("expired at"));
  EXPECT_EQ(common_name(), "CN=late");
}

TEST_F(PairFilesTest, AnExpiredPairIsReplacedByAnother) {
  directory_.put(make_pem_pair({.valid_to_seconds = 60}));
  pair_.look(now_);
  directory_.put(make_pem_pair({.common_name = "also late", .valid_to_seconds = 90}));
  EXPECT_TRUE(pair_.look(now_ + hours(1)));
}

TEST_F(PairFilesTest, APairOfTheFutureNamesTheClock) {
  directory_.put(make_pem_pair());
  pair_.look(now_);
  directory_.put(make_pem_pair({.valid_from_seconds = 3000}));
  EXPECT_FALSE(pair_.look(now_));
  EXPECT_THAT(problem(), HasSubstr("this machine's clock says"));
}

TEST_F(PairFilesTest, ACertificateForNoNameIsRefused) {
  directory_.put(make_pem_pair({.names = {}, .common_name = ""}));
  EXPECT_FALSE(pair_.look(now_));
  EXPECT_THAT(problem(), HasSubstr("for no name"));
}

}  // namespace
}  // namespace mex::certificates
