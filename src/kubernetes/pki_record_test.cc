#include "kubernetes/pki_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::kubernetes {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(PkiRecordTest, ComesBackAsItWas) {
  const ClusterPki pki = *make_cluster_pki("c", base::WallTime(std::chrono::days(20000)));
  const auto read = pki_from_record(pki_to_record(pki));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->cluster_ca.certificate_pem, pki.cluster_ca.certificate_pem);
  EXPECT_EQ(read->front_proxy_ca.key_pem.reveal(), pki.front_proxy_ca.key_pem.reveal());
  EXPECT_EQ(read->etcd_ca.key_pem.reveal(), pki.etcd_ca.key_pem.reveal());
  EXPECT_EQ(read->service_account.public_key_pem, pki.service_account.public_key_pem);
  EXPECT_EQ(read->service_account.key_pem.reveal(), pki.service_account.key_pem.reveal());
  EXPECT_EQ(read->admin.certificate_pem, pki.admin.certificate_pem);
  EXPECT_EQ(read->agent.key_pem.reveal(), pki.agent.key_pem.reveal());
}

TEST(PkiRecordTest, WhatIsDamagedIsNamedWithoutItsValue) {
  for (const char* damaged :
       {"", "geheim", "[]", R"({"format":2})", R"({"format":1,"cluster_ca":"geheim"})",
        R"({"format":1,"cluster_ca":{"public":"x","key":["geheim"]}})"}) {
    const auto read = pki_from_record(base::Secret(damaged));
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << damaged;
    EXPECT_THAT(base::message_of(read.status()), Not(HasSubstr("geheim")));
  }
}

}  // namespace
}  // namespace mex::kubernetes
